"""YAML from a reader: text, lists and fields only."""

from typing import Any

import yaml

from viz.kit.errors import Problem
from viz.kit.text import clean_text

DEEPEST = 20
# Every scalar stays the text it is: no dates to be wrong, no «no» that means false. The C loader is ten times faster.
LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def read_yaml(text: str, name: str) -> Any:
    """Nested dicts, lists and clean texts.

    Raises:
        Problem: it is not YAML, refers to itself (a few bytes can stand for gigabytes), or is nested too deep.
    """
    text = clean_text(text)
    try:
        depth = 0
        for event in yaml.parse(text, Loader=LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > DEEPEST:
                raise Problem(
                    "«{name}» usa referencias (*) o listas dentro de listas, y una lección no las necesita.", name=name
                )
        return _clean(yaml.load(text, Loader=LOADER))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Problem(
            "«{name}» no es YAML válido (línea {line}).", name=name, line=mark.line + 1 if mark else "?"
        ) from error
    except (ValueError, TypeError) as error:  # escapes beyond Unicode, keys that are lists
        if isinstance(error, Problem):
            raise
        raise Problem("«{name}» no es YAML válido (línea {line}).", name=name, line="?") from error


def _clean(value: Any) -> Any:
    """Escapes such as ``\\ud800`` or ``\\0`` become text only when the YAML is read."""
    if isinstance(value, dict):
        return {_clean(key): _clean(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    return clean_text(value) if isinstance(value, str) else value  # an empty document is None

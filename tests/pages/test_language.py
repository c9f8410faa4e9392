"""Spanish is the source; English must be complete and say the same things about the same values."""

import ast
import re
from collections.abc import Iterator

import pytest
from babel.messages.pofile import read_po

from tests.conftest import ROOT
from ui.i18n import LOCALE, catalogue

MESSAGE = {  # which arguments are one
    "t": (0,),
    "Problem": (0,),
    "N_": (0,),
    "FeatureOption": (1,),
    "plural": (1, 2),
    "compared": (1, 2),
}
LANGUAGES = [path.name for path in LOCALE.iterdir() if path.is_dir()]


def constants(node: ast.AST) -> Iterator[str]:
    """The texts that an argument may be: itself, or either side of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from constants(node.body)
        yield from constants(node.orelse)


def messages() -> set[str]:
    """Read from the syntax tree, so that a message inside an f-string is one too."""
    found = set()
    for folder in ("ui", "pages", "viz", "host"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "attr", getattr(node.func, "id", None))
                    for n in MESSAGE.get(name, ()):
                        if len(node.args) > n:
                            found.update(constants(node.args[n]))
    return found - {""}


def translated(lang: str) -> dict[str, str]:
    pages = [read_po(path.open("rb"), locale=lang) for path in (LOCALE / lang).glob("*.po")]
    return {entry.id: entry.string for page in pages for entry in page if entry.id}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_message_is_translated(lang):
    known = translated(lang)
    assert len(messages()) > 500
    missing = sorted(message for message in messages() if not known.get(message))
    assert not missing, f"{len(missing)} without translation into {lang}: {missing[:20]}"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_translations_keep_the_values(lang):
    for message in messages():
        fields = set(re.findall(r"{(\w*)", message))
        assert set(re.findall(r"{(\w*)", catalogue(lang).gettext(message))) == fields, message

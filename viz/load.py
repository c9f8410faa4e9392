"""The one place that knows where models come from: embedded folder, local folder, or Hugging Face id."""

from collections.abc import Callable, Collection
from pathlib import Path

from viz.bert import Bert
from viz.kit.paths import EMBEDDED, model_folder
from viz.model import hub
from viz.model.opening import open_files
from viz.model.probe import probed


def load_model(
    source: str | Path | None = None,
    *,
    revision: str | None = None,
    allowed: Collection[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Bert:
    """Open an encoder with its pre-training heads.

    Args:
        source: None or "bert-es-en" for the embedded model, a local folder, or a Hugging Face id.
        revision: branch, tag or commit of a hub model.
        allowed: hub ids that may be fetched; None allows any.
        progress: called with (bytes so far, bytes in all) while a hub model comes down.

    Raises:
        Problem: no such model, not an encoder, no safetensors, not allowed, or no network.
    """
    if source is None or source == EMBEDDED:
        return open_folder(model_folder(EMBEDDED), EMBEDDED)
    if Path(source).is_dir():
        return open_folder(Path(source), Path(source).name)
    return open_folder(hub.fetch(hub.describe(str(source), revision=revision, allowed=allowed), progress), str(source))


def open_folder(folder: Path, name: str) -> Bert:
    """Load a folder and ask the model what it can really do (``viz.model.probe``).

    ``name`` is what the reader sees. Raises Problem as ``load_model`` does, and for broken files.
    """
    opened = open_files(folder, name)
    return probed(Bert(name, opened.net, opened.tokenizer, opened.abilities))

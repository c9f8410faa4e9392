"""The one place that knows where models come from: embedded folder, local folder, or Hugging Face id."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Literal, overload

from transformers import BertLMHeadModel

from viz.bert import Bert
from viz.elmo import Elmo
from viz.gpt import Gpt
from viz.kit.paths import EMBEDDED, model_folder
from viz.model import hub
from viz.model.bilm import BiLM
from viz.model.opening import open_files
from viz.model.probe import probed

GPT: Literal["gpt-es-en"] = "gpt-es-en"
ELMO: Literal["elmo-es-en"] = "elmo-es-en"


@overload
def load_model(source: Literal["gpt-es-en"]) -> Gpt: ...  # type: ignore[overload-overlap]  # the names are strings too


@overload
def load_model(source: Literal["elmo-es-en"]) -> Elmo: ...  # type: ignore[overload-overlap]


@overload
def load_model(
    source: str | Path | None = None,
    *,
    revision: str | None = None,
    allowed: Collection[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Bert: ...


def load_model(
    source: str | Path | None = None,
    *,
    revision: str | None = None,
    allowed: Collection[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Bert | Gpt | Elmo:
    """Open an encoder with its pre-training heads, or one of the two embedded language models.

    Args:
        source: None or "bert-es-en" for the embedded BERT, "gpt-es-en", "elmo-es-en", a local folder, or a Hugging
            Face id.
        revision: branch, tag or commit of a hub model.
        allowed: hub ids that may be fetched; None allows any.
        progress: called with (bytes so far, bytes in all) while a hub model comes down.

    Raises:
        Problem: no such model, not an encoder, no safetensors, not allowed, or no network.
    """
    if source is None or source == EMBEDDED:
        return open_folder(model_folder(EMBEDDED), EMBEDDED)
    if source == GPT:
        return open_gpt(model_folder(GPT), GPT)
    if source == ELMO:
        return open_elmo(model_folder(ELMO), ELMO)
    if Path(source).is_dir():
        return open_folder(Path(source), Path(source).name)
    return open_folder(hub.fetch(hub.describe(str(source), revision=revision, allowed=allowed), progress), str(source))


def open_folder(folder: Path, name: str) -> Bert:
    """Load a folder and ask the model what it can really do (``viz.model.probe``).

    ``name`` is what the reader sees. Raises Problem as ``load_model`` does, and for broken files.
    """
    opened = open_files(folder, name)
    return probed(Bert(name, opened.net, opened.tokenizer, opened.abilities))


def open_gpt(folder: Path, name: str) -> Gpt:
    """A folder of BERT's shape with a causal mask. Raises Problem as ``load_model`` does, and for broken files."""
    opened = open_files(folder, name, BertLMHeadModel)
    return probed(Gpt(name, opened.net, opened.tokenizer))


def open_elmo(folder: Path, name: str) -> Elmo:
    """A folder of ``viz.model.bilm``. Raises Problem as ``load_model`` does, and for broken files."""
    opened = open_files(folder, name, BiLM)
    return probed(Elmo(name, opened.net, opened.tokenizer, lacks=frozenset({"attentions", "heads"})))

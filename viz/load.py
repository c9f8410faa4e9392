"""The one place that knows where models come from: embedded folder, local folder, or Hugging Face id."""

import json
from collections.abc import Callable, Collection
from pathlib import Path

from viz.bert import Bert
from viz.kit.errors import Problem
from viz.kit.paths import EMBEDDED, model_folder
from viz.model.hub import check_encoder


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
    from viz.model import hub  # the hub client is slow to import and most people never use it

    return open_folder(hub.fetch(hub.describe(str(source), revision=revision, allowed=allowed), progress), str(source))


def open_folder(folder: Path, name: str) -> Bert:
    """Load a folder with plain transformers: safetensors only, no remote code, eager attention, float32.

    ``name`` is what the reader sees. Raises Problem as ``load_model`` does.
    """
    if not (folder / "config.json").is_file():
        raise Problem("La carpeta «{name}» no tiene config.json: no es un modelo.", name=name)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    check_encoder(config, name)
    if not any(folder.glob("model*.safetensors")):
        raise Problem("«{id}» no tiene pesos en formato safetensors, el único que se abre aquí.", id=name)

    import torch
    import transformers

    architecture = (config.get("architectures") or [""])[0]
    loader, heads = transformers.AutoModel, frozenset()
    if architecture == "BertForPreTraining":
        loader, heads = transformers.AutoModelForPreTraining, frozenset({"mlm", "nsp"})
    elif architecture.endswith("ForMaskedLM"):
        loader, heads = transformers.AutoModelForMaskedLM, frozenset({"mlm"})
    net, report = loader.from_pretrained(
        folder,
        dtype=torch.float32,
        attn_implementation="eager",
        use_safetensors=True,
        trust_remote_code=False,
        local_files_only=True,
        output_loading_info=True,
    )
    # transformers fills weights that a file lacks with random numbers; a head made of those is no head.
    missing = {key for key in report["missing_keys"] if not key.startswith(net.base_model_prefix + ".")}
    if any("seq_relationship" in key for key in missing):
        heads -= {"nsp"}
    if any("seq_relationship" not in key for key in missing):
        heads -= {"mlm"}
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    if not tokenizer.is_fast:
        raise Problem("El tokenizador de «{id}» no dice de qué letras sale cada pieza (no es «fast»).", id=name)
    return Bert(name, net.eval(), tokenizer, heads)

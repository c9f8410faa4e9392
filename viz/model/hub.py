"""Models from the Hugging Face hub (or a mirror named by HF_ENDPOINT): look, refuse early, fetch, resume."""

import io
import json
import os
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import httpx2
from huggingface_hub import HfApi, constants, hf_hub_download, scan_cache_dir
from huggingface_hub.errors import (
    CacheNotFound,
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from tqdm import tqdm

from viz.kit.errors import Problem

HUB_ID = re.compile(r"[A-Za-z0-9][\w.\-]*(/[A-Za-z0-9][\w.\-]*)?")
REVISION = re.compile(r"(?!.*\.\.)[A-Za-z0-9][\w.\-/]{0,99}")  # refs/pr/3 too
MAX_MODEL_MB = 1024
FILES = (
    "config.json",
    "tokenizer*.json",
    "vocab.*",
    "merges.txt",
    "special_tokens_map.json",
    "added_tokens.json",
    "*.model",
    "model*.safetensors",
    "model.safetensors.index.json",
)
UNREACHABLE = (httpx2.TransportError, LocalEntryNotFoundError, OfflineModeIsEnabled, ConnectionError, TimeoutError)


@dataclass(frozen=True)
class HubModel:
    """What the hub says of a model before a byte of weights moves."""

    id: str
    revision: str  # commit hash
    files: tuple[str, ...]
    bytes: int
    folder: Path | None = None  # set when there is no network but an earlier visit left the model in the cache


def describe(model_id: str, *, revision: str | None = None, allowed: Collection[str] | None = None) -> HubModel:
    """Ask the hub for a model's size and files, and refuse early what could not be used.

    Raises:
        Problem: malformed id or revision, not on the host's list, unknown, gated, no safetensors, larger than the
            host allows, or no network.
    """
    if not HUB_ID.fullmatch(model_id) or ".." in model_id:
        raise Problem("«{id}» no es un identificador de Hugging Face; se escriben así: autor/modelo.", id=model_id)
    if revision is not None and not REVISION.fullmatch(revision):
        raise Problem("«{revision}» no es una rama, una etiqueta ni un commit.", revision=revision)
    if allowed is not None and model_id not in allowed:
        raise Problem("Quien administra este sitio no permite el modelo «{id}».", id=model_id)
    try:
        info = HfApi(endpoint=_endpoint()).model_info(model_id, revision=revision, files_metadata=True, timeout=10)
    except GatedRepoError as error:
        raise Problem("El modelo «{id}» pide permiso a su autor antes de bajarlo.", id=model_id) from error
    except RevisionNotFoundError as error:
        raise Problem("«{id}» no tiene la revisión «{revision}».", id=model_id, revision=revision) from error
    except RepositoryNotFoundError as error:
        raise Problem("No existe ningún modelo «{id}» en Hugging Face.", id=model_id) from error
    except UNREACHABLE as error:
        return _cached(model_id, revision, error)
    except HfHubHTTPError as error:
        code = error.response.status_code
        raise Problem("Hugging Face no pudo dar «{id}» (respuesta {code}).", id=model_id, code=code) from error
    sizes = {f.rfilename: f.size or 0 for f in info.siblings or ()}
    if not {"model.safetensors", "model.safetensors.index.json"} & sizes.keys():
        raise Problem("«{id}» no tiene pesos en formato safetensors, el único que se abre aquí.", id=model_id)
    assert info.sha is not None  # the hub says which commit it answers for
    files = tuple(f for f in sizes if any(fnmatch(f, p) for p in FILES) and "/" not in f)
    return _small_enough(HubModel(model_id, info.sha, files, sum(sizes[f] for f in files)))


def fetch(model: HubModel, progress: Callable[[int, int], None] | None = None) -> Path:
    """Bring a hub model into the ordinary Hugging Face cache (resuming what was cut off) and give its folder.

    The config comes first: a model that is not an encoder is refused before its weights are fetched.

    Raises:
        Problem: the connection broke, or the model is not an encoder.
    """
    if model.folder:
        return model.folder
    done = 0
    for name in sorted(model.files, key=lambda f: f != "config.json"):

        class Bar(tqdm):
            """The hub client reports bytes to a tqdm; this one passes them on and draws nothing."""

            def __init__(self, *args, before=done, **kwargs):
                self.before = before
                super().__init__(*args, **{**kwargs, "disable": False, "file": io.StringIO()})

            def update(self, n=1):
                shown = super().update(n)
                if progress:
                    progress(min(self.before + int(self.n), model.bytes), model.bytes)
                return shown

        try:
            path = Path(hf_hub_download(model.id, name, revision=model.revision, endpoint=_endpoint(), tqdm_class=Bar))
        except UNREACHABLE as error:
            raise Problem(
                "Se cortó la conexión mientras bajaba «{id}»; al intentarlo de nuevo sigue donde quedó.", id=model.id
            ) from error
        done += path.stat().st_size
        if name == "config.json":
            check_encoder(_json(path, model.id), model.id)
    if progress:
        progress(model.bytes, model.bytes)
    return path.parent


def _cached(model_id: str, revision: str | None, error: Exception) -> HubModel:
    """With no network, a model that an earlier visit fetched whole still works."""
    kept = [
        (r.last_modified, r.snapshot_path, r.commit_hash)
        for repo in _scan()
        if repo.repo_id == model_id and repo.repo_type == "model"
        for r in repo.revisions
        if revision in (None, r.commit_hash, *r.refs)
    ]
    folders = [path for _, path, _ in sorted(kept, reverse=True) if _is_whole(path)]
    if not folders:
        raise Problem(
            "No hay conexión con Hugging Face, así que «{id}» no se puede bajar ahora. El modelo incluido funciona sin "
            "red.",
            id=model_id,
        ) from error
    folder = folders[0]
    files = tuple(p.name for p in folder.iterdir())
    size = sum(p.stat().st_size for p in folder.iterdir())
    return _small_enough(HubModel(model_id, folder.name, files, size, folder))


def _small_enough(model: HubModel) -> HubModel:
    """The same, unless it is larger than PALOSCOPIO_MAX_MODEL_MB (1024 unless the host sets it)."""
    setting = os.environ.get("PALOSCOPIO_MAX_MODEL_MB", "")
    limit = int(setting) if setting.isdecimal() else MAX_MODEL_MB
    if model.bytes > limit * 2**20:
        raise Problem(
            "«{id}» pesa {size} MB y aquí se bajan modelos de hasta {limit} MB. Quien administra este sitio puede "
            "subir el límite con PALOSCOPIO_MAX_MODEL_MB.",
            id=model.id,
            size=round(model.bytes / 2**20),
            limit=limit,
        )
    return model


def _scan():
    try:
        return scan_cache_dir(constants.HF_HUB_CACHE).repos
    except CacheNotFound:
        return ()


def _is_whole(folder: Path) -> bool:
    """All the weights that the model's own index names are there, and its config."""
    index = folder / "model.safetensors.index.json"
    try:
        names = set(json.loads(index.read_text())["weight_map"].values()) if index.exists() else {"model.safetensors"}
    except (ValueError, KeyError, TypeError, AttributeError):  # the index itself came down broken
        return False
    return (folder / "config.json").exists() and all((folder / name).exists() for name in names)


def _endpoint() -> str | None:
    """Read at call time, so that a host (or a test) may name a mirror after import."""
    return os.environ.get("HF_ENDPOINT")


def _json(path: Path, name: str) -> object:
    try:
        return json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError, OSError) as error:
        raise Problem(
            "El config.json de «{name}» no se puede leer: está dañado o no describe un modelo.", name=name
        ) from error


def check_encoder(config: object, name: str) -> None:
    """Refuse what is not a bidirectional encoder of a kind that transformers itself implements.

    Raises:
        Problem: a decoder, an encoder-decoder, not a text model, or one that needs code of its own.
    """
    from transformers.models.auto.modeling_auto import (  # slow to import, and a description needs none of it
        MODEL_FOR_MASKED_LM_MAPPING_NAMES,
        MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
    )

    if not isinstance(config, dict):
        raise Problem("El config.json de «{name}» no se puede leer: está dañado o no describe un modelo.", name=name)
    kind = str(config.get("model_type", "?"))
    other = config.get("is_decoder") or config.get("is_encoder_decoder")
    if other or kind in MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES or kind not in MODEL_FOR_MASKED_LM_MAPPING_NAMES:
        raise Problem(
            "«{id}» (tipo {kind}) no es un codificador como BERT: aquí valen BERT, RoBERTa, DistilBERT, ELECTRA, XLM-R "
            "y sus parientes.",
            id=name,
            kind=kind,
        )

"""A folder of files becomes a network and its tokenizer, or a ``Problem`` that names the folder.

The files are other people's: each step may raise anything, and each says in one sentence which part is broken. What
the network can do is read from its weights, since ``architectures`` in a config often names another class.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import safe_open
from transformers.models.auto.modeling_auto import MODEL_FOR_PRETRAINING_MAPPING_NAMES

from viz.kit.errors import Problem
from viz.model.hub import check_encoder

VOCABULARIES = ("tokenizer.json", "vocab.*", "*.model")  # a tokenizer is made of at least one of these
NEXT_SENTENCE = "seq_relationship"  # what every family calls BERT's next-sentence layer
PLAINLY: dict[str, Any] = {
    "dtype": torch.float32,
    "attn_implementation": "eager",
    "use_safetensors": True,
    "local_files_only": True,
    "output_loading_info": True,
}


@dataclass(frozen=True, eq=False)
class Opened:
    """What a folder holds. ``abilities`` is the subset of {"mlm", "nsp"} whose layers are in the weights."""

    net: transformers.PreTrainedModel
    tokenizer: Any  # fast, as ``Model`` has it
    abilities: frozenset[str]


def open_files(folder: Path, name: str, family: type[transformers.PreTrainedModel] | None = None) -> Opened:
    """Load with plain transformers: safetensors only, no remote code, eager attention, float32, eval mode.

    Args:
        family: a class of network that the files must be of, a language model; None takes any encoder with its heads.

    Raises:
        Problem: not an encoder, no safetensors, or any file missing or broken; the message has ``name``.
    """
    if not (folder / "config.json").is_file():
        raise Problem("La carpeta «{name}» no tiene config.json: no es un modelo.", name=name)
    with broken(
        Problem("El config.json de «{name}» no se puede leer: está dañado o no describe un modelo.", name=name)
    ):
        if family is None:
            config = _read_config(folder, name)
        else:
            config = _config_class(family).from_pretrained(folder, local_files_only=True)
    if not any(folder.glob("model*.safetensors")):
        raise Problem("«{id}» no tiene pesos en formato safetensors, el único que se abre aquí.", id=name)
    unreadable = Problem(
        "Los pesos de «{name}» no se pueden abrir: faltan, están dañados o no son los de su config.json.", name=name
    )
    with broken(unreadable):
        net, abilities = _read_weights(folder, name, config) if family is None else _read_family(folder, config, family)
        if not all(torch.isfinite(weight.sum()) for weight in net.parameters()):
            raise Problem("Los pesos de «{name}» tienen números que no lo son (NaN o infinito).", name=name)
        rows = len(net.get_input_embeddings().get_parameter("weight"))
    with broken(Problem("El tokenizador de «{name}» no se puede abrir: falta o está dañado.", name=name)):
        tokenizer = _read_tokenizer(folder, name)
    if max(tokenizer.get_vocab().values()) >= rows:
        raise Problem(
            "El tokenizador de «{name}» tiene piezas que su tabla de {rows} vectores no tiene: no es el suyo.",
            name=name,
            rows=rows,
        )
    return Opened(net, tokenizer, abilities)


@contextmanager
def broken(problem: Problem) -> Iterator[None]:
    """Whatever a parser of foreign files raises inside becomes ``problem``; a Problem stays itself."""
    try:
        yield
    except Problem:
        raise
    except BaseException as error:  # a panic in Rust (tokenizers, safetensors) is no Exception
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise problem from error
        raise


def _read_config(folder: Path, name: str) -> transformers.PreTrainedConfig:
    check_encoder(json.loads((folder / "config.json").read_text("utf-8")), name)
    config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    check_encoder(config.to_dict() | {"is_encoder_decoder": config.is_encoder_decoder}, name)
    config.return_dict = True
    return config


def _read_weights(
    folder: Path, name: str, config: transformers.PreTrainedConfig
) -> tuple[transformers.PreTrainedModel, frozenset[str]]:
    """The network under the pre-training layers that the files hold, and the names of those tasks."""
    keys = _weight_names(folder)
    if config.num_hidden_layers > len(keys):  # before transformers builds a million layers that one number asks for
        raise Problem(
            "Los pesos de «{name}» no se pueden abrir: faltan, están dañados o no son los de su config.json.", name=name
        )
    pretraining = MODEL_FOR_PRETRAINING_MAPPING_NAMES.get(config.model_type, "").endswith("ForPreTraining")
    nsp = pretraining and any(NEXT_SENTENCE in key for key in keys)
    loader = transformers.AutoModelForPreTraining if nsp else transformers.AutoModelForMaskedLM
    net, report = loader.from_pretrained(folder, config=config, trust_remote_code=False, **PLAINLY)
    base = net.base_model_prefix + "."
    # transformers fills weights that a file lacks with random numbers: what is made of those is no model.
    missing = set(report["missing_keys"])
    if any(key.startswith(base) and "pooler" not in key for key in missing):
        raise Problem("A «{name}» le faltan pesos de sus capas: lo que calculase sería azar.", name=name)
    # Parameters tied to the embeddings are named there alone; a layer made of nothing else leaves no trace in a file.
    words = {key for key, _ in net.named_parameters() if not key.startswith(base) and NEXT_SENTENCE not in key}
    abilities = set()
    if words.isdisjoint(missing) and (words or any("MaskedLM" in kind for kind in config.architectures or ())):
        abilities.add("mlm")
    if nsp and not any(NEXT_SENTENCE in key or "pooler" in key for key in missing):
        abilities.add("nsp")
    return net.eval(), frozenset(abilities)


def _config_class(family: type[transformers.PreTrainedModel]) -> type[transformers.PreTrainedConfig]:
    assert family.config_class is not None, family  # every network of ours and of transformers has one
    return family.config_class


def _read_family(
    folder: Path, config: transformers.PreTrainedConfig, family: type[transformers.PreTrainedModel]
) -> tuple[transformers.PreTrainedModel, frozenset[str]]:
    """A network of one class, all of whose weights must be in the files."""
    loaded: Any = family.from_pretrained(folder, config=config, **PLAINLY)
    net, report = loaded
    if report["missing_keys"] or report["unexpected_keys"]:
        raise ValueError(f"missing {report['missing_keys']}, unexpected {report['unexpected_keys']}")
    return net.eval(), frozenset()


def _weight_names(folder: Path) -> set[str]:
    """The names of all tensors in the folder, from the files' headers alone."""
    names: set[str] = set()
    for path in folder.glob("model*.safetensors"):
        with safe_open(path, "pt") as file:
            names |= set(file.keys())
    return names


def _read_tokenizer(folder: Path, name: str) -> Any:
    if not any(path for pattern in VOCABULARIES for path in folder.glob(pattern)):
        raise Problem("La carpeta «{name}» no trae tokenizador.", name=name)
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    if not tokenizer.is_fast:
        raise Problem("El tokenizador de «{id}» no dice de qué letras sale cada pieza (no es «fast»).", id=name)
    if not tokenizer.get_vocab().keys() - set(tokenizer.all_special_tokens):
        raise Problem("El tokenizador de «{name}» no se puede abrir: falta o está dañado.", name=name)
    return tokenizer

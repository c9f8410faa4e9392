"""Hooks on the attention of a transformers module: switch heads off, or listen to what they compute.

transformers 5 takes ``head_mask=`` and ignores it, so heads are switched off here. The hooks are put in place once,
when a model is opened, and never taken away: each asks a context variable whether it has anything to do. Threads
have contexts of their own, so what one reader switches off cannot reach another one's request, and no lock is needed.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn
from transformers import PreTrainedModel

from viz.kit.errors import Problem

# What the families call the projections of self-attention, and the one that mixes its heads.
QUERIES = ("query", "q_lin", "query_proj", "q")
KEYS = ("key", "k_lin", "key_proj", "k")
VALUES = ("value", "v_lin", "value_proj", "v")
FUSED = ("Wqkv",)
OUTPUTS = ("out_lin", "o", "Wo")

# (module id, keep) pairs in force; keep is (1 or batch, layers, heads) with 0 for heads that are off.
_masks: ContextVar[tuple[tuple[int, torch.Tensor], ...]] = ContextVar("masks", default=())
# (module id, {(layer, "query" | "key" | "value" | "fused"): output, (layer, "mixed"): input}) while someone listens.
_listener: ContextVar[tuple[int, dict] | None] = ContextVar("listener", default=None)


@dataclass(frozen=True, eq=False)
class Site:
    """The attention of one layer. ``output`` mixes the heads; ``fused`` is the three projections in one."""

    output: nn.Module
    query: nn.Module | None
    key: nn.Module | None
    value: nn.Module | None
    fused: nn.Module | None = None


def find_sites(net: PreTrainedModel) -> list[Site]:
    """The attention of every layer, first layer first; empty if this architecture is not understood.

    Found by the names of modules: ``viz.model.probe`` holds what they compute against the model's own weights.
    """
    sites = []
    for name, module in net.base_model.named_modules():
        query, key, value = (_child(module, names) for names in (QUERIES, KEYS, VALUES))
        fused = _child(module, FUSED)
        if fused is None and None in (query, key, value):
            continue
        output = _child(module, OUTPUTS)
        if output is None:
            parent = net.base_model.get_submodule(name.rpartition(".")[0])
            output = getattr(getattr(parent, "output", None), "dense", None)
        if output is not None:
            sites.append(Site(output, query, key, value, fused))
    return sites if len(sites) == net.config.num_hidden_layers else []


def install(net: PreTrainedModel) -> list[Site]:
    """Put the permanent hooks on ``net`` and return its sites."""
    sites = find_sites(net)
    for layer, site in enumerate(sites):
        site.output.register_forward_pre_hook(partial(_switch, id(net), layer))
        for part in ("query", "key", "value", "fused"):
            if getattr(site, part) is not None:
                getattr(site, part).register_forward_hook(partial(_listen, id(net), layer, part))
    return sites


@contextmanager
def switched_off(net: nn.Module, keep: torch.Tensor) -> Iterator[None]:
    """Multiply each head's output by ``keep`` ``(1 or batch, layers, heads)`` in this thread, inside the block."""
    token = _masks.set((*_masks.get(), (id(net), keep)))
    try:
        yield
    finally:
        _masks.reset(token)


@contextmanager
def listening(net: nn.Module) -> Iterator[dict[tuple[int, str], torch.Tensor]]:
    """Collect what attention computes in this thread's pass, by ``(layer, part)``: (batch, tokens, hidden).

    Parts: the outputs of "query", "key" and "value" (or "fused"), and "mixed", the heads' results side by side.
    """
    heard: dict[tuple[int, str], torch.Tensor] = {}
    token = _listener.set((id(net), heard))
    try:
        yield heard
    finally:
        _listener.reset(token)


def keep_all_but(heads: Iterable[tuple[int, int]], layers: int, count: int) -> torch.Tensor:
    """Ones with zeros at the given ``(layer, head)``, counted from 0: float32 ``(1, layers, heads)``.

    Raises:
        Problem: there is no such head.
    """
    keep = torch.ones(1, layers, count)
    for layer, head in heads:
        if not (0 <= layer < layers and 0 <= head < count):
            raise Problem(
                "No existe la cabeza {head} de la capa {layer}: hay {layers} capas de {heads} cabezas.",
                head=head + 1,
                layer=layer + 1,
                layers=layers,
                heads=count,
            )
        keep[0, layer, head] = 0
    return keep


def _switch(net: int, layer: int, module: nn.Module, inputs: tuple) -> tuple | None:
    _listen(net, layer, "mixed", module, (), inputs[0])
    masks = [keep for owner, keep in _masks.get() if owner == net]
    if not masks:
        return None
    mixed, *rest = inputs  # (batch, tokens, heads · dim)
    for keep in masks:
        each = mixed.unflatten(-1, (keep.shape[2], -1))  # (batch, tokens, heads, dim)
        mixed = (each * keep[:, None, layer, :, None]).flatten(2)
    return (mixed, *rest)


def _listen(net: int, layer: int, part: str, module: nn.Module, inputs: tuple, output: torch.Tensor) -> None:
    listener = _listener.get()
    if listener is not None and listener[0] == net:
        listener[1].setdefault((layer, part), output)  # DeBERTa projects its table of distances after its tokens


def _child(module: nn.Module, names: tuple[str, ...]) -> nn.Module | None:
    found = [getattr(module, name) for name in names if isinstance(getattr(module, name, None), nn.Linear)]
    return found[0] if found else None

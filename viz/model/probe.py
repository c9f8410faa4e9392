"""What a freshly opened model really gives, found by asking it: two small passes before anyone sees a number.

Architectures keep the names of BERT's outputs and fill them with other things: Longformer's attentions are windows,
Funnel's states are shorter than the text, FNet mixes padding in. What fails here is refused with a sentence, or the
model opens without it (``Model.lacks``).
"""

from dataclasses import replace
from typing import TypeVar

import numpy as np
import torch

from viz.kit.errors import Problem
from viz.model import hooks
from viz.model.base import Model
from viz.model.opening import broken

AnyModel = TypeVar("AnyModel", bound=Model)

LONG = ("El as de ese palo gana, y la sota de oros pierde.", "Cortó un palo seco.")  # a pair, for token types
SHORT = "El as gana al palo."
# Their attention is an approximation by hashing, blocks or landmarks: a text's numbers depend on its length and on
# chance, in ways that short inputs do not show.
APPROXIMATE = ("mra", "nystromformer", "reformer", "yoso")


def probed(model: AnyModel) -> AnyModel:
    """The same model, knowing what it lacks.

    Checked: hidden states are ``(layers + 1, tokens, hidden)`` and finite; a padded batch gives what a row alone
    gives; attentions are ``(heads, tokens, tokens)`` with rows that sum to 1; what enters each output map is those
    weights times the values (so that a head can be switched off); the masked-word layer works token by token.

    Raises:
        Problem: its vectors cannot be trusted, or a pass fails; the message has the model's name.
    """
    with broken(
        Problem(
            "«{name}» se abre, pero falla al leer una frase: no es un codificador que se pueda usar aquí.",
            name=model.name,
        )
    ):
        return _probe(model)


def _probe(model: AnyModel) -> AnyModel:
    if model.config.model_type in APPROXIMATE:
        raise Problem(
            "«{name}» (tipo {kind}) no calcula toda la atención, solo una aproximación: aquí no se puede usar.",
            name=model.name,
            kind=model.config.model_type,
        )
    if model.max_tokens < 8:
        raise Problem("«{name}» lee muy pocas piezas: {n}.", name=model.name, n=model.max_tokens)
    rows = [model.tokenize(text, 32) for text in (LONG, SHORT)]
    batch, short = (model.pad([r.ids for r in part], [r.segments for r in part]) for part in (rows, rows[1:]))
    n = len(rows[1].ids)
    at = torch.zeros_like(batch["input_ids"], dtype=torch.bool)
    at[1, :n] = True
    wanted = {"output_hidden_states": True, "output_attentions": True}
    with torch.inference_mode(), hooks.listening(model.net) as heard:
        together = model.pass_at(batch, at, **wanted)
    with torch.inference_mode():
        alone = model.net(**short, **wanted)

    shape = (len(batch["input_ids"][0]), model.config.hidden_size)
    if len(together.hidden_states) != model.layers + 1 or any(h.shape[1:] != shape for h in together.hidden_states):
        raise Problem(
            "«{name}» no da un vector por pieza y capa, como BERT: sus capas cambian de largo.", name=model.name
        )
    if any(h.shape[1] != n for h in alone.hidden_states):
        raise Problem(
            "«{name}» no da un vector por pieza y capa, como BERT: sus capas cambian de largo.", name=model.name
        )
    if not all(torch.isfinite(h).all() for h in (*together.hidden_states, *alone.hidden_states)):
        raise Problem("«{name}» calcula números que no lo son (NaN o infinito).", name=model.name)
    if not all(_same(a[1, :n], b[0]) for a, b in zip(together.hidden_states, alone.hidden_states, strict=True)):
        raise Problem(
            "«{name}» da otros vectores a una frase según las que se leen a la vez: aquí no se puede usar.",
            name=model.name,
        )
    lacks = set()
    if not _attends(model, together.attentions, alone.attentions, batch["attention_mask"]):
        lacks = {"attentions", "heads"}
    elif not _heads_hold(model, together.attentions, heard):
        lacks = {"heads"}
    abilities = set(model.abilities)
    if "mlm" in abilities and not _same(_words(together)[0], _words(alone)[0]):
        abilities.remove("mlm")
    if lacks or abilities != model.abilities:
        return replace(model, lacks=frozenset(lacks), abilities=frozenset(abilities))
    return model


def _same(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Equal but for float32 rounding, which grows with the numbers."""
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-3, atol=1e-4 * float(b.std()))


def _words(out) -> torch.Tensor:
    return out.prediction_logits if "prediction_logits" in out else out.logits


def _attends(model: Model, together, alone, mask: torch.Tensor) -> bool:
    """One weight for every pair of tokens of every head, and each row shares out exactly 1, none of it on padding."""
    if not together or any(len(found) != model.layers or None in found for found in (together, alone)):
        return False
    tokens, n = mask.shape[1], int(mask[1].sum())
    for a, b in zip(together, alone, strict=True):
        if a.shape != (2, model.attention_heads, tokens, tokens) or b.shape[1:] != (model.attention_heads, n, n):
            return False
        if (a < -1e-6).any() or not np.allclose(a[0].sum(-1), 1, atol=1e-4) or not np.allclose(b.sum(-1), 1, atol=1e-4):
            return False
        if not np.allclose(a[1, :, :n, :n], b[0], atol=1e-4):
            return False
    return True


def _heads_hold(model: Model, attentions, heard: dict[tuple[int, str], torch.Tensor]) -> bool:
    """What enters the output map of each layer is, head by head, the attention weights times the values."""
    for layer in range(len(model.sites)):
        value, fused, mixed = (heard.get((layer, part)) for part in ("value", "fused", "mixed"))
        if value is None and fused is not None:
            value = fused.chunk(3, dim=-1)[2]
        if value is None or mixed is None or value.shape != mixed.shape:
            return False
        each = (x.unflatten(-1, (model.attention_heads, -1)).transpose(1, 2) for x in (value, mixed))
        values, given = each  # (batch, heads, tokens, dim)
        if not _same(attentions[layer] @ values, given):
            return False
    return bool(model.sites)

"""One token's way through one layer, number by number (Vaswani et al. 2017, section 3; post-norm, as in BERT).

The layer's own modules are applied to the hidden state it received, so every number is the model's; no hook is
left on a network that others are using.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch

from viz.kit.errors import Problem
from viz.model.base import Model
from viz.model.encoding import Encoding


@dataclass(frozen=True, eq=False)
class Walk:
    """What one token meets in one layer. Arrays are float32.

    Attributes:
        x: what enters, ``(hidden,)``.
        query: of the token in the chosen head, ``(head_size,)``.
        keys, values: of every token in that head, ``(tokens, head_size)``.
        scores: query · key / √head_size, before the mask, ``(tokens,)``.
        weights: softmax of the visible scores, ``(tokens,)``; a hidden token has 0.
        head_output: the weighted sum of the values, ``(head_size,)``.
        attention: all heads side by side through the output map, ``(hidden,)``.
        after_attention: LayerNorm(x + attention), ``(hidden,)``.
        inner: the feed-forward's wide middle after its activation, ``(feed_forward,)``.
        feed_forward: its output, ``(hidden,)``.
        out: LayerNorm(after_attention + feed_forward), ``(hidden,)``: the next layer's x.
        all_weights: the chosen head's attention of all tokens, ``(tokens, tokens)``.
    """

    x: np.ndarray
    query: np.ndarray
    keys: np.ndarray
    values: np.ndarray
    scores: np.ndarray
    weights: np.ndarray
    head_output: np.ndarray
    attention: np.ndarray
    after_attention: np.ndarray
    inner: np.ndarray
    feed_forward: np.ndarray
    out: np.ndarray
    all_weights: np.ndarray


def walk(model: Model, encoding: Encoding, layer: int, token: int, head: int, *, causal: bool = False) -> Walk:
    """Follow a token through a layer.

    Args:
        layer: 1 to ``model.layers``.
        token: position in ``encoding.tokens``.
        head: 0-based.
        causal: hide the tokens to the right, as a decoder must. The input stays what BERT's earlier layers, which
            looked both ways, made it: this shows what the mask does, not what a trained decoder would compute.

    Raises:
        Problem: the model's layers are not built as BERT's, or these steps do not give its own next state.
    """
    found = _follow(model, encoding, layer, token, head, causal=False)
    # Families with BERT's names turn, add or adapt on the way (RoFormer, X-MOD): their own state has the last word.
    own = encoding.hidden_states[layer, token]
    if not np.allclose(found.out, own, rtol=1e-3, atol=1e-3 * float(own.std())):
        raise _unlike_bert()
    return _follow(model, encoding, layer, token, head, causal=True) if causal else found


def _follow(model: Model, encoding: Encoding, layer: int, token: int, head: int, causal: bool) -> Walk:
    try:
        block = model.encoder.encoder.layer[layer - 1]
        attend, project, widen, narrow = block.attention.self, block.attention.output, block.intermediate, block.output
        maps = attend.query, attend.key, attend.value
        maps_out = project.dense, project.LayerNorm, narrow.dense, narrow.LayerNorm
    except AttributeError as error:
        raise _unlike_bert() from error
    if not all(isinstance(m, (torch.nn.Linear, torch.nn.LayerNorm)) for m in (*maps, *maps_out)):
        raise _unlike_bert()  # convolutions, grouped or quantised layers: other shapes on the way
    if attend.query.out_features != project.dense.in_features:  # ConvBERT: half of what is mixed comes from elsewhere
        raise _unlike_bert()
    heads = model.attention_heads
    with torch.inference_mode():
        x = torch.tensor(encoding.hidden_states[layer - 1])  # (tokens, hidden)
        query, key, value = (m(x).unflatten(-1, (heads, -1)).transpose(0, 1) for m in maps)  # (heads, tokens, size)
        scores = query @ key.transpose(1, 2) / math.sqrt(query.shape[-1])  # (heads, tokens, tokens)
        hidden_ones = torch.ones(scores.shape[1:], dtype=torch.bool).triu(1) if causal else None
        visible = scores if hidden_ones is None else scores.masked_fill(hidden_ones, -torch.inf)
        weights = visible.softmax(-1)  # (heads, tokens, tokens)
        sums = weights @ value  # (heads, tokens, size)
        attention = project.dense(sums.transpose(0, 1).flatten(1))  # (tokens, hidden)
        after = project.LayerNorm(attention + x)  # (tokens, hidden)
        inner = widen(after)  # (tokens, feed_forward)
        feed_forward = narrow.dense(inner)  # (tokens, hidden)
        out = narrow.LayerNorm(feed_forward + after)  # (tokens, hidden)
    return Walk(
        x=x[token].numpy(),
        query=query[head, token].numpy(),
        keys=key[head].numpy(),
        values=value[head].numpy(),
        scores=scores[head, token].numpy(),
        weights=weights[head, token].numpy(),
        head_output=sums[head, token].numpy(),
        attention=attention[token].numpy(),
        after_attention=after[token].numpy(),
        inner=inner[token].numpy(),
        feed_forward=feed_forward[token].numpy(),
        out=out[token].numpy(),
        all_weights=weights[head].numpy(),
    )


def _unlike_bert() -> Problem:
    return Problem("Las capas de este modelo no están hechas como las de BERT: prueba con el incluido.")


def share_seen_by_causal(weights: np.ndarray) -> float:
    """Share of bidirectional attention ``(tokens, tokens)`` that a causal mask leaves visible, 0 to 1."""
    return float(np.tril(weights).sum() / weights.sum())

"""What the attention of one text says: by token or by word, head by head, raw or weighed by what it carries.

Follow one request: ``read`` (one pass) → weights ``(layers, heads, tokens, tokens)``, raw or from ``norm_weights`` or
``rollout`` → ``units`` (pieces or whole words) → a figure; ``head_statistics`` and ``products`` say what a head does.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from scipy.special import softmax

from viz.kit.errors import Problem
from viz.model import hooks
from viz.model.base import Model, Text
from viz.model.encoding import Encoding, Word

SHARES = ("previous", "next", "same", "cls", "sep", "punctuation")  # columns of ``head_statistics`` from 0 to 1
ALIKE = 1e-3  # products that do not give back the model's own weights this closely are not shown


@dataclass(frozen=True, eq=False)
class Pass:
    """One pass with its ears open.

    Attributes:
        encoding: hidden states and attentions, as ever.
        queries, keys: float32 ``(layers, heads, tokens, dim)``; None where the model fuses its projections.
        value_norms: float32 ``(layers, heads, tokens)``, the length of what each token hands over when a head looks
            at it: ``‖(x W_V + b_V) W_O‖`` with the head's slices (Kobayashi et al. 2020, section 2).
    """

    encoding: Encoding
    queries: np.ndarray | None
    keys: np.ndarray | None
    value_norms: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Units:
    """What rows and columns stand for: pieces or whole words.

    Attributes:
        labels: how each unit is written.
        segments: 0 or 1, the text each belongs to.
        special: True for [CLS], [SEP] and their like.
        weights: float32 ``(layers, heads, units, units)``; rows are queries.
    """

    labels: tuple[str, ...]
    segments: tuple[int, ...]
    special: tuple[bool, ...]
    weights: np.ndarray


def read(model: Model, text: Text, max_tokens: int | None = None) -> Pass:
    """One forward pass of a text or a pair ``(a, b)``, with queries, keys and value norms taken by hooks."""
    with hooks.listening(model.net) as heard:
        encoding = model.encode([text], max_tokens=max_tokens)[0]
    layers, heads = range(model.layers), model.attention_heads
    if not model.sites or any((layer, part) not in heard for layer in layers for part in ("query", "key", "value")):
        return Pass(encoding, None, None, None)

    def split(part: str) -> torch.Tensor:
        return torch.stack([heard[k, part][0].unflatten(-1, (heads, -1)).transpose(0, 1) for k in layers])

    norms = []
    for layer, site in enumerate(model.sites):  # layer by layer: all at once would take 200 MB at 512 tokens
        values = heard[layer, "value"][0].unflatten(-1, (heads, -1))  # (tokens, heads, dim)
        mix = site.output.get_parameter("weight").detach().unflatten(1, (heads, -1))  # (hidden, heads, dim)
        norms.append(torch.einsum("thd,ohd->hto", values, mix).norm(dim=-1))  # (heads, tokens)
    return Pass(encoding, split("query").numpy(), split("key").numpy(), torch.stack(norms).numpy())


def attentions_of(encoding: Encoding) -> np.ndarray:
    """The encoding's attentions, ``(layers, heads, tokens, tokens)``.

    Raises:
        Problem: it was made without them.
    """
    if encoding.attentions is None:
        raise Problem("Esta lectura no guardó la atención.")
    return encoding.attentions


def last_tokens(reading: Pass, count: int) -> Pass:
    """The same pass seen through its last ``count`` tokens; what they gave to earlier ones is left out."""
    encoding, first = reading.encoding, len(reading.encoding.tokens) - count
    if first <= 0:
        return reading
    shorter = replace(
        encoding,
        tokens=encoding.tokens[first:],
        ids=encoding.ids[first:],
        offsets=encoding.offsets[first:],
        segments=encoding.segments[first:],
        special=encoding.special[first:],
        words=tuple(
            Word(w.text, w.start, w.end, w.first - first, w.last - first, w.segment)
            for w in encoding.words
            if w.first >= first
        ),
        hidden_states=encoding.hidden_states[:, first:].copy(),
        attentions=attentions_of(encoding)[:, :, first:, first:].copy(),
    )
    rest = (reading.queries, reading.keys, reading.value_norms)
    return Pass(shorter, *(None if x is None else x[:, :, first:].copy() for x in rest))


def norm_weights(reading: Pass) -> np.ndarray:
    """Attention weighed by the length of what it carries, ``‖α f(x)‖``, rows scaled to sum to 1.

    Kobayashi et al. 2020, "Attention is Not Only a Weight": a token may be looked at a lot and hand over nothing,
    as [SEP] often does.

    Returns:
        float32 ``(layers, heads, tokens, tokens)``.

    Raises:
        Problem: this architecture fuses its projections.
    """
    if reading.value_norms is None:
        raise Problem("Este modelo no calcula los valores por separado: no se puede medir lo que lleva cada peso.")
    carried = attentions_of(reading.encoding) * reading.value_norms[:, :, None, :]  # (layers, heads, tokens, tokens)
    return carried / np.maximum(carried.sum(axis=-1, keepdims=True), 1e-12)


def rollout(attentions: np.ndarray) -> np.ndarray:
    """Attention followed down to the input, counting the residual connections as half of each layer.

    Abnar & Zuidema 2020, "Quantifying Attention Flow in Transformers", section 3: ``(mean over heads + I) / 2``,
    multiplied from the first layer up.

    Args:
        attentions: ``(layers, heads, tokens, tokens)``.

    Returns:
        float32 ``(layers, 1, tokens, tokens)``: one map a layer, since heads are no longer apart.
    """
    tokens = attentions.shape[-1]
    step = (attentions.mean(axis=1, dtype=np.float64) + np.eye(tokens)) / 2  # (layers, tokens, tokens)
    step /= step.sum(axis=-1, keepdims=True)
    flow = np.empty_like(step)
    for layer in range(len(step)):
        flow[layer] = step[layer] @ flow[layer - 1] if layer else step[layer]
    return flow[:, None].astype(np.float32)


def units(encoding: Encoding, weights: np.ndarray | None = None, words: bool = False) -> Units:
    """Labels and weights by piece, or by whole word.

    By word, the rows of a word's pieces are averaged and their columns summed (Clark et al. 2019, section 4.1), so
    that rows that summed to 1 still do. Words that share a piece become one unit; special tokens stay by themselves.

    Args:
        weights: ``(layers, heads, tokens, tokens)``; None takes the encoding's attentions.
        words: whole words rather than pieces.
    """
    weights = attentions_of(encoding) if weights is None else weights
    groups = _groups(encoding) if words else [[i] for i in range(len(encoding.tokens))]
    second = _second_text(encoding)
    labels = tuple(_label(encoding, group, words, group[0] >= second) for group in groups)
    segments = tuple(int(group[0] >= second) for group in groups)
    if len(groups) < len(encoding.tokens):
        starts = [group[0] for group in groups]
        sizes = np.array([len(group) for group in groups], dtype=np.float32)
        weights = np.add.reduceat(weights, starts, axis=-1)  # (layers, heads, tokens, units)
        weights = np.add.reduceat(weights, starts, axis=-2) / sizes[:, None]  # (layers, heads, units, units)
    return Units(labels, segments, tuple(encoding.special[group[0]] for group in groups), weights)


def head_statistics(encoding: Encoding) -> pd.DataFrame:
    """What each head does on this text, one row a head.

    Means over the rows of ordinary tokens ([CLS], [SEP] and the like look somewhere too, but are no words).

    Returns:
        ``layer`` and ``head`` from 0; ``entropy`` in nats, 0 to ln(tokens); ``distance`` in tokens; and shares of
        attention from 0 to 1: ``previous``, ``next``, ``same`` token, ``cls`` (a special token that comes first),
        ``sep`` (any other special token), ``punctuation``. After Clark et al. 2019, section 3.
    """
    ordinary = ~np.array(encoding.special)
    weights = attentions_of(encoding)[:, :, ordinary].astype(np.float64)  # (layers, heads, rows, tokens)
    position = np.arange(len(encoding.tokens))
    row = position[ordinary]
    cls = np.array(encoding.special) & (position == 0)
    mark = np.zeros(len(position), dtype=bool)
    for word in encoding.words:
        if not any(c.isalnum() for c in word.text):
            mark[word.first : word.last] = True
    gap = position[None, :] - row[:, None]  # (rows, tokens)

    def share(where: np.ndarray) -> np.ndarray:
        return (weights * where).sum(axis=-1).mean(axis=-1)  # (layers, heads)

    columns = {
        "entropy": -(weights * np.log(np.maximum(weights, 1e-12))).sum(axis=-1).mean(axis=-1),
        "distance": share(np.abs(gap)),
        "previous": share(gap == -1),
        "next": share(gap == 1),
        "same": share(gap == 0),
        "cls": share(cls),
        "sep": share(np.array(encoding.special) & ~cls),
        "punctuation": share(mark & ~np.array(encoding.special)),
    }
    layer, head = np.indices(weights.shape[:2])
    return pd.DataFrame({"layer": layer.ravel(), "head": head.ravel()} | {k: v.ravel() for k, v in columns.items()})


def evenness(entropy: float, tokens: int) -> float:
    """An entropy in nats as a share of the most that ``tokens`` tokens allow: 1 shares out evenly, 0 looks at one."""
    return entropy / math.log(tokens) if tokens > 1 else 0.0


def strongest_link(encoding: Encoding, layer: int, head: int) -> tuple[str, str, float]:
    """The largest weight between two different words (marks aside) in one head: from, to, and the weight."""
    shown = units(encoding, attentions_of(encoding)[layer : layer + 1, head : head + 1], words=True)
    ordinary = ~np.array(shown.special)
    weights = shown.weights[0, 0] * np.outer(ordinary, ordinary)  # (units, units)
    np.fill_diagonal(weights, 0)
    source, target = np.unravel_index(int(weights.argmax()), weights.shape)
    return shown.labels[source], shown.labels[target], float(weights[source, target])


def products(reading: Pass, layer: int, head: int, token: int) -> np.ndarray:
    """What makes one row of weights: query times key, dimension by dimension, over the square root of their number.

    Each row sums to the score of that token; the softmax of the scores is the row of attention weights.

    Returns:
        float32 ``(tokens, dim)``.

    Raises:
        Problem: this model's weights are not made of plain products of queries and keys.
    """
    if reading.queries is not None and reading.keys is not None:
        query, keys = reading.queries[layer, head, token], reading.keys[layer, head]
        found = query * keys / np.sqrt(len(query))  # (tokens, dim)
        row = attentions_of(reading.encoding)[layer, head, token]
        if np.abs(softmax(found.sum(axis=1)) * row.sum() - row).max() < ALIKE:
            return found
    raise Problem("En este modelo los pesos no salen solo de productos de consultas y claves (gira o suma posiciones).")


def _groups(encoding: Encoding) -> list[list[int]]:
    """Token positions of each unit: neighbours that some word covers both belong together."""
    joined = {i for word in encoding.words for i in range(word.first + 1, word.last)}
    groups: list[list[int]] = []
    for i in range(len(encoding.tokens)):
        if i in joined:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def _label(encoding: Encoding, group: list[int], words: bool, second: bool) -> str:
    first, last = group[0], group[-1]
    if encoding.special[first]:
        return encoding.tokens[first]
    source = encoding.pair if second else encoding.text
    assert source is not None  # only a pair has a second text
    text = source[encoding.offsets[first][0] : encoding.offsets[last][1]].strip()
    if not words and encoding.tokens[first].startswith("##"):
        return f"##{text}"
    return text or encoding.tokens[first]


def _second_text(encoding: Encoding) -> int:
    """Where the second text of a pair begins; not every model has token types that say so."""
    return min((word.first for word in encoding.words if word.segment == 1), default=len(encoding.tokens))

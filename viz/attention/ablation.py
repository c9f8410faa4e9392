"""What changes when heads are switched off: a masked word, a map of senses, and which heads matter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from viz.context.occurrences import Occurrence
from viz.context.senses import Separation, anisotropy, separation
from viz.context.states import word_states
from viz.kit.errors import Problem
from viz.kit.projection import aligned_pca, cosine_matrix
from viz.masked.cloze import Cloze, GapAnswer, read_gaps, word_logits
from viz.model import hooks
from viz.model.base import BATCH, Model
from viz.model.store import Store

Head = tuple[int, int]  # (layer, head), counted from 0


@dataclass(frozen=True, eq=False)
class SenseChange:
    """The sense map of one layer before and after.

    Attributes:
        points: ``(2, occurrences, 2)``, before and after on aligned axes.
        before, after: how far each keeps the senses apart.
    """

    points: np.ndarray
    before: Separation
    after: Separation


def change_masked(model: Model, cloze: Cloze, heads: Iterable[Head], k: int = 5) -> tuple[GapAnswer, GapAnswer]:
    """What the model answers for the first gap with all its heads, and with ``heads`` off.

    Raises:
        Problem: no gap, no masked-word head, or no such attention head.
    """
    if not cloze.gaps:
        raise Problem("No hay ningún hueco: escribe [MASK] donde falte una palabra.")
    before = read_gaps(model, cloze, k)[0]
    with model.ablate(heads):
        after = read_gaps(model, cloze, k)[0]
    return before, after


def rank_heads(model: Model, cloze: Cloze) -> pd.DataFrame:
    """How much the prediction at the first mask changes with each head off by itself, most first.

    All heads share one batch (passes of 64 rows): each row switches off one head, the first row none.

    Returns:
        ``layer`` and ``head`` from 0; ``divergence``, the Kullback-Leibler divergence in nats from the whole model's
        prediction to that one; ``before`` and ``after``, the probability of the whole model's first choice.

    Raises:
        Problem: no gap, no masked-word head, or an architecture whose attention is not known.
    """
    if not cloze.gaps:
        raise Problem("No hay ningún hueco: escribe [MASK] donde falte una palabra.")
    if not model.sites:
        raise Problem("Las cabezas de «{name}» no se pueden apagar: no se sabe dónde están.", name=model.name)
    layers, heads = model.layers, model.attention_heads
    keep = torch.ones(1 + layers * heads, layers * heads)
    keep[1:].fill_diagonal_(0)
    keep = keep.unflatten(1, (layers, heads))  # (1 + layers · heads, layers, heads)
    whole, rows = None, []
    for part in keep.split(BATCH):
        logp = _first_mask(model, cloze, part)  # (rows, vocabulary)
        whole = logp[0] if whole is None else whole
        divergence = (whole.exp() * (whole - logp)).sum(dim=-1)  # (rows,)
        rows.append(torch.stack([divergence, logp[:, whole.argmax()].exp()], dim=1))
    found = torch.cat(rows)  # (1 + layers · heads, 2)
    layer, head = np.indices((layers, heads))
    table = pd.DataFrame(
        {
            "layer": layer.ravel(),
            "head": head.ravel(),
            "divergence": found[1:, 0].clamp(min=0).numpy(),
            "before": found[0, 1].item(),
            "after": found[1:, 1].numpy(),
        }
    )
    return table.sort_values("divergence", ascending=False, kind="stable", ignore_index=True)


def change_senses(model: Model, occurrences: Sequence[Occurrence], heads: Iterable[Head], layer: int) -> SenseChange:
    """The occurrences of a word at one layer, with all heads and with ``heads`` off.

    Raises:
        Problem: no such head, or an occurrence beyond the token limit.
    """
    before = word_states(Store(model), occurrences)  # a store of its own: what is computed here is not for others
    with model.ablate(heads):
        after = word_states(Store(model), occurrences)
    states = [x.target[:, layer] for x in (before, after)]  # each (occurrences, hidden)
    senses = [o.sense for o in occurrences]
    measured = [
        separation(cosine_matrix(state), senses, float(anisotropy(x.context[:, [layer]], x.context_sentence)[0]))
        for x, state in zip((before, after), states, strict=True)
    ]
    return SenseChange(aligned_pca(np.stack(states, axis=1)).points, *measured)


def _first_mask(model: Model, cloze: Cloze, keep: torch.Tensor) -> torch.Tensor:
    """Log-probabilities at the first mask, one row of ``keep`` at a time: ``(rows, vocabulary)``."""
    batch = model.pad([cloze.ids] * len(keep), [cloze.segments] * len(keep))
    at = torch.zeros_like(batch["input_ids"], dtype=torch.bool)  # (rows, tokens)
    at[:, cloze.masks[0]] = True
    with hooks.switched_off(model.net, keep):
        out = model.forward(batch, at=at)
    return word_logits(out)[0].log_softmax(dim=-1)

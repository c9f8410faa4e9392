"""Texts as batches of similar length."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from viz.model.base import Model

# One slice of a batch, in padded tokens: short enough that a stop is heard within two seconds (700 tokens a second on
# two old cores), long enough that few batches are cut, for each slice adds up all gradients again.
SLICE = 768


def tokenize(model: Model, texts: Sequence[str], max_tokens: int) -> list[list[int]]:
    """Token ids of each text, special tokens included, cut at ``max_tokens``."""
    return model.tokenizer(list(texts), truncation=True, max_length=min(max_tokens, model.max_tokens))["input_ids"]


def pad(model: Model, ids: Sequence[Sequence[int]]) -> dict[str, torch.Tensor]:
    return model.pad(ids, [[0] * len(row) for row in ids])


def batches(lengths: Sequence[int], size: int, rng: np.random.Generator) -> Iterator[list[int]]:
    """Every row once, in batches of like length: less padding, and still another order each epoch.

    Rows are shuffled, cut into groups of eight batches, sorted by length within a group; batches are then shuffled.
    """
    order = rng.permutation(len(lengths))
    found = []
    for at in range(0, len(order), 8 * size):
        group = sorted(order[at : at + 8 * size].tolist(), key=lambda i: lengths[i])
        found += [group[k : k + size] for k in range(0, len(group), size)]
    for k in rng.permutation(len(found)):
        yield found[k]


def slices(ids: Sequence[Sequence[int]], rows: Sequence[int]) -> Iterator[list[int]]:
    """Consecutive rows together while their padded size stays within ``SLICE`` tokens."""
    part: list[int] = []
    for row in rows:
        widest = max([len(ids[i]) for i in part] + [len(ids[row])])
        if part and widest * (len(part) + 1) > SLICE:
            yield part
            part = []
        part.append(row)
    if part:
        yield part

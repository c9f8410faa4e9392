"""Runs of text for language models, by number: the same for the same streams, settings and seed, for ever.

A run is ``[CLS]`` and tokens, and ``[SEP]`` where the text really ends: a loose sentence, a dialogue, a short document.
Documents longer than a run are cut into several; all rows of a micro-batch are equally long, nothing is padded.
"""

from collections import defaultdict

import numpy as np
import torch
from torch import Tensor

from training import corpus
from training.bert.text import Stream, repeated


class Windows:
    """Micro-batches of runs.

    Args:
        streams: the sources by name (``training.bert.text.prepare``).
        length: tokens of a run, special ones included; longer sentences are cut there.
        tokens: of a micro-batch, about.
        special: ids of [CLS], [SEP], [MASK].
    """

    def __init__(
        self, streams: dict[str, Stream], length: int, tokens: int, special: tuple[int, int, int], seed: int = 0
    ):
        self.streams, self.length, self.tokens, self.seed = streams, length, tokens, seed
        self.cls, self.sep, _ = special
        self.passes: dict[int, list] = {}

    def batches(self, number: int) -> list[list[tuple[str, int, int, bool]]]:
        """One pass over the text: shuffled micro-batches, lists of (source, begin, end, does the text end there)."""
        if number in self.passes:
            return self.passes[number]
        rng = np.random.default_rng([self.seed, number, self.length])
        groups = defaultdict(list)
        for name, stream in self.streams.items():
            for begin, end, ends in self._runs(name, stream, rng):
                groups[end - begin + 1 + ends].append((name, begin, end, ends))
        batches = []
        for size, group in groups.items():
            rng.shuffle(group)
            rows = max(1, self.tokens // size)
            batches += [group[i : i + rows] for i in range(0, len(group), rows)]
        self.passes = {number: [batches[i] for i in rng.permutation(len(batches))]}  # only this one is kept
        return self.passes[number]

    def _runs(self, name: str, stream: Stream, rng: np.random.Generator) -> list[tuple[int, int, bool]]:
        most = self.length - 2
        loose = not corpus.ordered(name)
        if loose or (stream.breaks is not None and len(stream.breaks) > 1):
            begins = stream.starts if loose else stream.breaks
            ends = np.append(begins[1:], len(stream.ids))
            runs = [(int(a), int(min(b, a + most)), bool(b - a <= most)) for a, b in zip(begins, ends, strict=True)]
        else:
            first = int(rng.integers(self.length))
            places = np.arange(first, len(stream.ids) - most, most)
            # from the next beginning of a sentence, if there is one near
            nearest = stream.starts[np.searchsorted(stream.starts, places).clip(max=len(stream.starts) - 1)]
            places = np.where(nearest - places < most // 4, np.maximum(nearest, places), places)
            runs = [(int(a), int(min(a + most + 1, len(stream.ids))), False) for a in places]
        runs = [run for run in runs if run[1] - run[0] >= 2]
        return [runs[i] for i in repeated(np.arange(len(runs)), stream.repeats, rng)]

    def __getitem__(self, i: int) -> Tensor:
        """Micro-batch ``i``: ids ``(rows, tokens)``."""
        size = len(self.batches(0))
        batch = self.batches(i // size)
        batch = batch[i % size % len(batch)]
        rows = [
            [self.cls, *self.streams[name].ids[begin:end].tolist(), *[self.sep] * ends]
            for name, begin, end, ends in batch
        ]
        return torch.tensor(rows)

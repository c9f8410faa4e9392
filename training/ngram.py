"""An n-gram language model to be beaten: interpolated modified Kneser–Ney (Chen & Goodman 1999, section 3).

    KneserNey(rows, order=5, vocabulary=32_000).log_probabilities(rows)

Over token ids, so that it can be given the very pieces that a network reads and compared with it word by word. Counts
are a trie in sorted arrays: the n-gram that ends at a place is its prefix's number and its last token.
"""

from collections.abc import Sequence

import numpy as np


class KneserNey:
    """Counts of some rows of ids, each row a text of its own.

    Args:
        rows: sequences of ids below ``vocabulary``; the first id of a row is given, never predicted.
        order: the longest n-gram.
    """

    def __init__(self, rows: Sequence[np.ndarray], order: int = 5, vocabulary: int = 32_000):
        self.order, self.vocabulary = order, vocabulary
        ids, position = flat(rows)
        self.keys: list[np.ndarray] = []  # of each length: sorted prefix number * vocabulary + last id
        numbers = []  # of each length: the number of the n-gram that ends at each place, -1 where it would cross rows
        before = np.zeros(len(ids), np.int64)
        for n in range(1, order + 1):
            if n > 1:
                before = np.concatenate([[-1], numbers[-1][:-1]])
            inside = (position >= n - 1) & (before >= 0)
            keys, number = np.unique(before[inside] * vocabulary + ids[inside], return_inverse=True)
            self.keys.append(keys)
            numbers.append(np.full(len(ids), -1, np.int64))
            numbers[-1][inside] = number
        self.counts, self.prefix = [], []
        for n in range(1, order + 1):
            size = len(self.keys[n - 1])
            if n == order:  # the longest are counted as they come, all others by the tokens met before them
                counts = np.bincount(numbers[n - 1][numbers[n - 1] >= 0], minlength=size)
            else:
                longer = numbers[n]
                first = np.unique(longer[longer >= 0], return_index=True)[1]
                suffix = numbers[n - 1][np.flatnonzero(longer >= 0)[first]]
                counts = np.bincount(suffix, minlength=size)
                # what begins a row has nothing before it: it counts once, for the row's beginning
                counts = np.maximum(counts, 1)
            self.counts.append(counts.astype(np.float64))
            self.prefix.append(self.keys[n - 1] // vocabulary)
        self.discounts = [discounts(counts) for counts in self.counts]
        self.totals, self.left = [], []  # of each prefix: the sum of counts, and the share that the discounts free
        for n in range(1, order + 1):
            size = 1 if n == 1 else len(self.keys[n - 2])
            counts, prefix = self.counts[n - 1], self.prefix[n - 1]
            total = np.bincount(prefix, counts, minlength=size)
            freed = np.bincount(prefix, self._discount(n, counts), minlength=size)
            self.totals.append(total)
            self.left.append(np.divide(freed, total, out=np.ones(size), where=total > 0))

    def _discount(self, n: int, counts: np.ndarray) -> np.ndarray:
        return np.minimum(counts, self.discounts[n - 1][np.minimum(counts, 3).astype(int)])

    def probabilities(self, ids: np.ndarray, position: np.ndarray) -> np.ndarray:
        """Of each id after those before it in its row: ``(places,)``; ``position`` counts from each row's first id."""
        found = np.full(len(ids), 1 / self.vocabulary)
        numbers = np.zeros(len(ids), np.int64)
        for n in range(1, self.order + 1):
            before = np.zeros(len(ids), np.int64) if n == 1 else np.concatenate([[-1], numbers[:-1]])
            before[position < n - 1] = -1
            known = before >= 0
            key = before[known] * self.vocabulary + ids[known]
            place = np.searchsorted(self.keys[n - 1], key).clip(max=len(self.keys[n - 1]) - 1)
            met = self.keys[n - 1][place] == key
            counts = np.where(met, self.counts[n - 1][place], 0.0)
            total = self.totals[n - 1][before[known]]
            share = np.divide(counts - self._discount(n, counts), total, out=np.zeros(len(key)), where=total > 0)
            found[known] = share + np.where(total > 0, self.left[n - 1][before[known]], 1.0) * found[known]
            numbers = np.full(len(ids), -1, np.int64)
            numbers[known] = np.where(met, place, -1)
        return found

    def log_probabilities(self, rows: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Nats of every id but the first of each row: a list of ``(tokens - 1,)``."""
        ids, position = flat(rows)
        logs = np.log(self.probabilities(ids, position))
        return [part[1:] for part in np.split(logs, np.cumsum([len(row) for row in rows])[:-1])]


def flat(rows: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """All ids in a row, and the place of each in its own."""
    ids = np.concatenate([np.asarray(row, np.int64) for row in rows])
    return ids, np.concatenate([np.arange(len(row)) for row in rows])


def discounts(counts: np.ndarray) -> np.ndarray:
    """What is taken off a count of 0, 1, 2, 3 or more: ``(4,)`` (Chen & Goodman 1999, equation 17)."""
    one, two, three, four = (max(1, int((counts == k).sum())) for k in (1, 2, 3, 4))
    y = one / (one + 2 * two)
    raw = np.array([0, 1 - 2 * y * two / one, 2 - 3 * y * three / two, 3 - 4 * y * four / three])
    return raw.clip(0, [0, 1, 2, 3])

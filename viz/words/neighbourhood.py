"""Some words side by side: their vectors, where they agree, and who lives near each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viz.kit.projection import cosine_matrix
from viz.words.static import StaticVectors


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """``vectors`` ``(words, dimensions)``; ``cosines`` ``(words, words)``; ``agree`` bool ``(words - 1, dimensions)``,
    where each of the others has the value of the first; ``neighbours`` of each word as ``(word, cosine)``."""

    words: tuple[str, ...]
    vectors: np.ndarray
    cosines: np.ndarray
    agree: np.ndarray
    neighbours: tuple[list[tuple[str, float]], ...]

    @property
    def agree_share(self) -> np.ndarray | None:
        """Share of the other words that agree with the first in each cell, ``(dimensions,)``; None without others."""
        return self.agree.mean(axis=0) if len(self.agree) else None

    @property
    def nearest_to_first(self) -> tuple[str, float, int] | None:
        """The other shown word that the first resembles most, their cosine, and the cells in which they agree."""
        if len(self.words) < 2:
            return None
        best = 1 + int(np.argmax(self.cosines[0, 1:]))
        return self.words[best], float(self.cosines[0, best]), int(self.agree[best - 1].sum())


def neighbourhood(vectors: StaticVectors, words: Sequence[str], k: int = 10) -> Neighbourhood:
    """Look the words up.

    Raises:
        Problem: a word is not in the vocabulary.
    """
    rows = np.stack([vectors[word] for word in words])  # (words, dimensions)
    return Neighbourhood(
        words=tuple(words),
        vectors=rows,
        cosines=cosine_matrix(rows),
        agree=agreement(rows),
        neighbours=tuple(vectors.neighbours(word, k) for word in words),
    )


CLOSE = 0.25  # of the standard deviation of all the cells shown


def agreement(vectors: np.ndarray, close: float = CLOSE) -> np.ndarray:
    """Where each word has nearly the value of the first, and not nearly zero: bool ``(words - 1, dimensions)``.

    "Nearly" is within ``close`` standard deviations of all cells. A cell near zero is what any two vectors share,
    so it does not count.

    Args:
        vectors: ``(words, dimensions)``.
    """
    near = close * vectors.std()
    first, others = vectors[:1], vectors[1:]
    return (np.abs(others - first) < near) & (np.abs(first) > near)

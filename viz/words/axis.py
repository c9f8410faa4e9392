"""Words along the line between two others: what a direction of the space means, biases included.

Bolukbasi et al. 2016 (professions on he–she), Caliskan et al. 2017 (such leanings mirror those of people).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viz.kit.errors import Problem
from viz.words.static import StaticVectors

COMMON = 5_000  # the most frequent words: what an ordinary word's place on the axis is


@dataclass(frozen=True)
class Axis:
    """Places on the axis from ``low`` to ``high``; 0 is as near to one as to the other.

    ``positions`` are ``(word, place)``, lowest first; ``ends`` the places of the two words themselves;
    ``ordinary`` the places that hold the middle 90 % of the most frequent words, and ``centre`` their median.
    """

    low: str
    high: str
    positions: list[tuple[str, float]]
    ends: tuple[float, float]
    ordinary: tuple[float, float]
    centre: float


def axis(vectors: StaticVectors, low: str, high: str, words: Sequence[str]) -> Axis:
    """Project unit vectors on the direction from ``low`` to ``high``.

    Raises:
        Problem: a word is not in the vocabulary, or both ends are one word.
    """
    ends = vectors.unit[[vectors.row(low), vectors.row(high)]]  # (2, dimensions)
    direction = ends[1] - ends[0]
    length = np.linalg.norm(direction)
    if length < 1e-6:
        raise Problem("Los dos extremos son la misma palabra: «{word}».", word=low)
    direction = direction / length
    places = vectors.unit[[vectors.row(word) for word in words]] @ direction if words else []  # (words,)
    common = vectors.unit[:COMMON] @ direction  # (common,)
    bottom, centre, top = np.quantile(common, (0.05, 0.5, 0.95)).tolist()
    ranked = sorted(zip(words, map(float, places), strict=True), key=lambda pair: pair[1])
    return Axis(low, high, ranked, tuple((ends @ direction).tolist()), (bottom, top), centre)

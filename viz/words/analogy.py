"""a is to b as c is to …: the sum, its rank among all words, and the parallelogram it draws.

3CosAdd on unit vectors (Mikolov et al. 2013); the honest variant lets the three input words win, which the usual
test forbids (Linzen 2016; Nissim et al. 2020).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viz.kit.errors import Problem
from viz.words.static import StaticVectors, highest

CHUNK = 16  # analogies a matrix product: 16 × 400,000 scores are 26 MB


@dataclass(frozen=True, eq=False)
class Analogy:
    """What comes out of b − a + c.

    Attributes:
        words: ``(a, b, c)``.
        answers: nearest words and their cosines, the inputs left out.
        honest: the same with the inputs allowed.
        expected: the right answer as the reader sees it, "" if there is none.
        rank: place of ``expected`` among all words without the inputs, from 1; None without ``expected``.
        honest_rank: the same with the inputs allowed.
        cosine: of ``expected`` with the sum.
        points: named points of the parallelogram's plane, ``{"a", "b", "c", "sum", "answer", "expected"}``, each
            ``(2,)``; a, b, c and the sum lie in that plane exactly.
        away: how far "answer" and "expected" stand off that plane; unit vectors are 1 long.
    """

    words: tuple[str, str, str]
    answers: list[tuple[str, float]]
    honest: list[tuple[str, float]]
    expected: str
    rank: int | None
    honest_rank: int | None
    cosine: float | None
    points: dict[str, np.ndarray]
    away: dict[str, float]


def solve(vectors: StaticVectors, a: str, b: str, c: str, expected: str = "", k: int = 10) -> Analogy:
    """One analogy, with everything its picture needs, from one product with the whole vocabulary.

    Raises:
        Problem: a word is not in the vocabulary, or there is no word but the three.
    """
    rows = [vectors.row(word) for word in (a, b, c)]
    if len(vectors.words) <= len(set(rows)):
        raise Problem("En {name} no queda ninguna otra palabra que pueda ser la respuesta.", name=vectors.name)
    goal = vectors.row(expected) if expected else None
    ua, ub, uc = vectors.unit[rows]  # (dimensions,)
    target = ub - ua + uc
    scores = vectors.scores(target)  # (words,)
    best = highest(scores, k + len(rows))
    free = [row for row in best if row not in rows]

    def named(chosen: Sequence[int]) -> list[tuple[str, float]]:
        return [(vectors.vocabulary[row], float(scores[row])) for row in chosen[:k]]

    ends = {"answer": free[0]} | ({} if goal is None else {"expected": goal})
    points, away = _plane(ua, ub, uc, {name: vectors.unit[row] for name, row in ends.items()})
    rank = None if goal is None else rank_of(scores, goal, rows)
    return Analogy(
        words=(a, b, c),
        answers=named(free),
        honest=named(best),
        expected=expected,
        rank=rank,
        honest_rank=None if goal is None else rank_of(scores, goal),
        cosine=None if goal is None else float(scores[goal]),
        points=points,
        away=away,
    )


def rank_of(scores: np.ndarray, row: int, without: Sequence[int] = ()) -> int:
    """Place of a row among all scores, from 1, not counting the rows in ``without``."""
    above = int((scores > scores[row]).sum())
    return 1 + above - sum(bool(scores[other] > scores[row]) for other in set(without) - {row})


@dataclass(frozen=True)
class Result:
    """One analogy of a batch; the ranks are None where a word is not in the vocabulary, or none is left to answer."""

    words: tuple[str, str, str, str]
    answer: str
    rank: int | None
    honest_rank: int | None


def solve_all(vectors: StaticVectors, rows: Sequence[tuple[str, str, str, str]]) -> list[Result]:
    """Many analogies ``(a, b, c, expected)`` at once, in the order given."""
    results = [Result(words, "", None, None) for words in rows]
    usable = [n for n, words in enumerate(rows) if all(word in vectors for word in words)]
    for at in range(0, len(usable), CHUNK):
        chosen = usable[at : at + CHUNK]
        index = np.array([[vectors.row(word) for word in rows[n]] for n in chosen])  # (chosen, 4)
        a, b, c = (vectors.unit[index[:, i]] for i in range(3))  # (chosen, dimensions)
        scores = (vectors.unit @ (b - a + c).T).T  # (chosen, words): not normalised, which changes no rank
        for n, inputs, found in zip(chosen, index.tolist(), np.ascontiguousarray(scores), strict=True):
            answer = next((row for row in highest(found, 4) if row not in inputs[:3]), None)
            if answer is not None:  # else there is no word but the three
                rank, honest = rank_of(found, inputs[3], inputs[:3]), rank_of(found, inputs[3])
                results[n] = Result(rows[n], vectors.vocabulary[answer], rank, honest)
    return results


@dataclass(frozen=True)
class Accuracy:
    """Shares of 1 over ``measured`` of ``asked`` analogies; None where none could be measured."""

    asked: int
    measured: int
    first: float | None
    top5: float | None
    honest: float | None


def accuracy(results: Sequence[Result]) -> Accuracy:
    """How often the right word comes first, among the first five, and first when the inputs may win."""
    done = [r.rank for r in results if r.rank is not None]
    if not done:
        return Accuracy(len(results), 0, None, None, None)
    return Accuracy(
        len(results),
        len(done),
        sum(rank == 1 for rank in done) / len(done),
        sum(rank <= 5 for rank in done) / len(done),
        sum(r.honest_rank == 1 for r in results if r.rank is not None) / len(done),
    )


def _plane(a, b, c, others: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Coordinates in the plane through a, b and c, a at the origin and b on the first axis."""
    basis, sides = np.linalg.qr(np.stack([b - a, c - a], axis=1))  # (dimensions, 2), (2, 2)
    basis = basis * np.where(np.diag(sides) < 0, -1, 1)  # qr leaves the signs open
    points = {"a": a - a, "b": b - a, "c": c - a, "sum": b - a + c - a} | {n: v - a for n, v in others.items()}
    flat = {name: vector @ basis for name, vector in points.items()}  # (2,)
    away = {name: float(np.linalg.norm(points[name] - basis @ flat[name])) for name in others}
    return flat, away

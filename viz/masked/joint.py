"""Several gaps at once. BERT gives each gap a distribution of its own; a joint reading has to be put together.

Filling the gaps one by one, each with the earlier ones in view, gives a chain of conditional probabilities. The
chain depends on the order, because BERT's conditionals are not those of any one joint distribution (Goyal et al.
2022, arXiv:2106.02736): ``orders`` shows by how much.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

from viz.kit.errors import Problem
from viz.masked.cloze import Cloze, Query, extend, filled, in_turn, predict, spell, spread
from viz.model.base import Model

MAX_GAPS = 4  # 24 orders; 32 inputs for single-piece words


@dataclass(frozen=True)
class Filling:
    """One word for each gap: ``ids`` of its pieces, and the log-probability of the chain in nats."""

    words: tuple[str, ...]
    ids: tuple[tuple[int, ...], ...]
    log_prob: float

    @property
    def prob(self) -> float:
        return math.exp(self.log_prob)


def joint(model: Model, cloze: Cloze, width: int = 5) -> list[Filling]:
    """The best fillings of all gaps from left to right, by a beam of ``width``: one small pass a mask.

    Raises:
        Problem: more than ``MAX_GAPS`` gaps.
    """
    _check(cloze)
    fillings: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
    for n in range(len(cloze.masks)):
        fillings = extend(model, cloze, cloze.masks[: n + 1], fillings, width)
    result = []
    for ids, log_prob in fillings:
        piece = dict(zip(cloze.masks, ids, strict=True))
        parts = tuple(tuple(piece[p] for p in gap.positions) for gap in cloze.gaps)
        result.append(Filling(tuple(spell(model, part) for part in parts), parts, log_prob))
    return result


def separate(model: Model, cloze: Cloze, fillings: Sequence[Filling]) -> list[float]:
    """The probability of each filling had its gaps nothing to do with each other: a product, from one batch."""
    rows = [
        (n, *row)
        for n, filling in enumerate(fillings)
        for gap, ids in zip(cloze.gaps, filling.ids, strict=True)
        for row in in_turn(model, cloze.ids, cloze.segments, gap.positions, ids)
    ]
    found = predict(model, [query for _, query, _ in rows], lambda i, logp: spread(logp[0], rows[i][2])[0])
    totals = [0.0] * len(fillings)
    for (n, _, _), log_prob in zip(rows, found, strict=True):
        totals[n] += log_prob
    return [math.exp(total) for total in totals]


def orders(model: Model, cloze: Cloze, filling: Sequence[Sequence[int]]) -> list[tuple[tuple[int, ...], float]]:
    """The probability of one filling (piece ids a gap) for every order of the gaps, best first, from one batch.

    Raises:
        Problem: more than ``MAX_GAPS`` gaps.
    """
    _check(cloze)
    everyone = range(len(cloze.gaps))
    keys, rows = [], []
    for size in everyone:
        for known in combinations(everyone, size):
            ids = cloze.ids
            for g in known:
                ids = filled(ids, cloze.gaps[g].positions, filling[g])
            for g in everyone:
                if g not in known:
                    chain = [*in_turn(model, ids, cloze.segments, cloze.gaps[g].positions, filling[g])]
                    keys += [(frozenset(known), g)] * len(chain)
                    rows += chain
    queries: list[Query] = [query for query, _ in rows]
    found = predict(model, queries, lambda i, logp: spread(logp[0], rows[i][1])[0])
    given: dict = {}
    for key, log_prob in zip(keys, found, strict=True):
        given[key] = given.get(key, 0.0) + log_prob
    chains = [
        (order, math.exp(sum(given[frozenset(order[:n]), g] for n, g in enumerate(order))))
        for order in permutations(everyone)
    ]
    return sorted(chains, key=lambda chain: -chain[1])


def _check(cloze: Cloze) -> None:
    if len(cloze.gaps) > MAX_GAPS:
        raise Problem(
            "La lectura conjunta admite hasta {most} huecos; aquí hay {count}.", most=MAX_GAPS, count=len(cloze.gaps)
        )

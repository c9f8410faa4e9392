"""Whole words after a text, or before it, from a model that foretells pieces.

A word from the left is a piece that begins one, pieces that go on, and then something that does not: its probability is
the product, the end included. From the right its pieces come last first, and the one that begins it ends it. Words are
found by a beam, so the list holds the likeliest words of a few pieces, with exact probabilities.
"""

from collections.abc import Sequence

import torch

from viz.decoder.language_model import Direction, LanguageModel, vocabulary

BEAM = 24  # unfinished words kept
LONGEST = 6  # pieces of a word


def next_words(
    model: LanguageModel, ids: Sequence[int], k: int = 10, direction: Direction = "left"
) -> list[tuple[str, float]]:
    """The ``k`` likeliest words after ``ids`` (before them, from the right), likeliest first, signs included.

    The text is taken to end (begin) with a whole word: what would go on with it is left out, and the rest is a whole.
    The end of the text is no word, so the list may sum to less than 1 even when it is long.
    """
    pieces, goes_on, special = vocabulary(model)
    first = model.log_probabilities([ids], direction)[0][-1 if direction == "left" else 0]
    found: dict[tuple[int, ...], float] = {}
    if direction == "left":
        first = first.masked_fill(goes_on, -torch.inf)
        first = first - first.logsumexp(0)
        beam = _best(first.masked_fill(special, -torch.inf))
        for _ in range(LONGEST):
            if not beam:
                break
            rows = [[*ids, *word] for word in beam]
            after = [log[-1] for log in model.log_probabilities(rows)]
            grown: dict[tuple[int, ...], float] = {}
            for (word, log_prob), log in zip(beam.items(), after, strict=True):
                found[word] = log_prob + log.masked_fill(goes_on, -torch.inf).logsumexp(0).item()
                for piece, more in _best(log.masked_fill(~goes_on, -torch.inf)).items():
                    grown[*word, *piece] = log_prob + more
            beam = _worth(grown, found, k)
    else:
        beam = _best(first.masked_fill(special, -torch.inf))
        for _ in range(LONGEST):
            ended = {word: log_prob for word, log_prob in beam.items() if not goes_on[word[0]]}
            found |= ended
            beam = _worth({word: p for word, p in beam.items() if word not in ended}, found, k)
            if not beam:
                break
            before = [log[0] for log in model.log_probabilities([[*word, *ids] for word in beam], "right")]
            beam = {
                (*piece, *word): log_prob + more
                for (word, log_prob), log in zip(beam.items(), before, strict=True)
                for piece, more in _best(log.masked_fill(special, -torch.inf)).items()
            }
    best = sorted(found.items(), key=lambda item: -item[1])[:k]
    return [(spell([pieces[i] for i in word]), float(torch.tensor(log_prob).exp())) for word, log_prob in best]


def spell(pieces: Sequence[str]) -> str:
    """A word from its pieces."""
    return "".join(piece.removeprefix("##") for piece in pieces)


def _best(log: torch.Tensor) -> dict[tuple[int, ...], float]:
    top = log.topk(min(BEAM, int(log.isfinite().sum())))
    return {(int(i),): float(p) for p, i in zip(top.values, top.indices, strict=True)}


def _worth(words: dict[tuple[int, ...], float], found: dict[tuple[int, ...], float], k: int) -> dict:
    """The likeliest unfinished words that could still enter the list: more pieces never make a word likelier."""
    least = sorted(found.values(), reverse=True)[k - 1] if len(found) >= k else -float("inf")
    best = sorted(words.items(), key=lambda item: -item[1])[:BEAM]
    return {word: log_prob for word, log_prob in best if log_prob > least}

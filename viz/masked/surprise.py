"""How much each word surprises a model: words hidden in turn, scored, and summed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from viz.kit.errors import Problem
from viz.masked.cloze import WordFit, filled, in_turn, need_masks, own_mask, predict, spell, spread, word_fit
from viz.model.base import Model
from viz.model.encoding import Tokens, Word


@dataclass(frozen=True)
class Surprise:
    """A word hidden in its turn: how well the model recovers it, and the piece it would have written first."""

    word: Word
    score: WordFit
    guess: str


def pseudo_log_likelihood(model: Model, texts: str | Sequence[str], whole_words: bool = False) -> list[float]:
    """Log-probability of each token with all the others in view, summed over a text; in nats.

    Salazar et al. 2020 (arXiv:1910.14659), section 2.3, in one batch for all texts. Not the probability of a
    text: the sums of two texts compare only where most of their words agree.

    Args:
        whole_words: hide the later pieces of a word together with the one asked for (Kauf and Ivanova 2023), so
            that a rare word does not give itself away by its other pieces.
    """
    need_masks(model)
    reads = [model.tokenize(text) for text in ([texts] if isinstance(texts, str) else texts)]
    groups = [_word_positions(read) if whole_words else _token_positions(read) for read in reads]
    rows = [(r, *row) for r, read in enumerate(reads) for p in groups[r] for row in _hidden_in_turn(model, read, p)]
    found = predict(model, [query for _, query, _ in rows], lambda i, logp: spread(logp[0], rows[i][2])[0])
    totals = [0.0] * len(reads)
    for (r, _, _), log_prob in zip(rows, found, strict=True):
        totals[r] += log_prob
    return totals


def surprise(model: Model, text: str, max_tokens: int | None = None) -> list[Surprise]:
    """Every word hidden in its turn, in one batch. The log-probabilities sum to the whole-word
    ``pseudo_log_likelihood``."""
    return _surprises(model, text, max_tokens, (False,))[0]


def sides(model: Model, text: str, max_tokens: int | None = None) -> tuple[list[Surprise], list[Surprise]]:
    """``surprise`` with both sides in view, and with the right side masked (see ``hide_right``), in one batch."""
    both, left = _surprises(model, text, max_tokens, (False, True))
    return both, left


def perplexity(found: Sequence[Surprise]) -> float:
    """Among how many equally likely words the model hesitates, on average over the words of a text."""
    return math.exp(-sum(s.score.log_prob for s in found) / len(found))


def _hidden_in_turn(model: Model, read: Tokens, positions: Sequence[int], right_hidden: bool = False):
    """``in_turn`` for a stretch of an otherwise visible text."""
    ids = read.ids
    truth = [ids[p] for p in positions]
    if right_hidden:
        after = [i for i, special in enumerate(read.special) if i > positions[-1] and not special]
        ids = filled(ids, after, [model.tokenizer.mask_token_id] * len(after))
    return in_turn(model, ids, read.segments, positions, truth)


def _token_positions(read: Tokens) -> list[list[int]]:
    return [[i] for i, special in enumerate(read.special) if not special]


def _word_positions(read: Tokens) -> list[list[int]]:
    """The tokens of each word, every token once (a token that two words share goes with the first)."""
    groups, at = [], -1
    for word in read.words:
        group = [i for i in range(word.first, word.last) if i > at]
        if group:
            groups.append(group)
            at = group[-1]
    return groups


def _surprises(model: Model, text: str, max_tokens: int | None, hidden: Sequence[bool]) -> list[list[Surprise]]:
    need_masks(model)
    read, mask = model.tokenize(own_mask(model, text), max_tokens), model.tokenizer.mask_token_id
    groups = [group for group in _word_positions(read) if mask not in [read.ids[i] for i in group]]
    if not groups:
        raise Problem("No hay ninguna palabra que ocultar.")
    # a token that two words share is the first one's, as in the groups
    owner = {i: word for word in reversed(read.words) for i in range(word.first, word.last)}
    chains = [[*_hidden_in_turn(model, read, group, right)] for right in hidden for group in groups]
    rows = [row for chain in chains for row in chain]
    found = predict(model, [query for query, _ in rows], lambda i, logp: spread(logp[0], rows[i][1]))
    answers, done = [], 0
    for n, chain in enumerate(chains):
        looks = found[done : done + len(chain)]
        done += len(chain)
        word = owner[groups[n % len(groups)][0]]
        answers.append(Surprise(word, word_fit(model, tuple(t for _, t in chain), looks), spell(model, [looks[0][2]])))
    return [answers[start : start + len(groups)] for start in range(0, len(answers), len(groups))]

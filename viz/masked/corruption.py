"""What BERT was trained on: text with 15 % of its tokens spoiled (Devlin et al. 2019, section 3.1 and appendix A.1)."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from viz.kit.errors import Problem
from viz.masked.cloze import Query, predict, spread
from viz.model.base import Model

Token = TypeVar("Token", str, int)

UNTOUCHED, MASKED, REPLACED, KEPT = "untouched", "masked", "replaced", "kept"


@dataclass(frozen=True)
class Corruption:
    """``tokens`` after the damage and what happened to each: untouched, masked, replaced, or kept (chosen, as is)."""

    original: tuple
    tokens: tuple
    fates: tuple[str, ...]

    @property
    def chosen(self) -> tuple[int, ...]:
        """The positions that the model has to guess, the kept ones included."""
        return tuple(i for i, fate in enumerate(self.fates) if fate != UNTOUCHED)


@dataclass(frozen=True)
class Repair:
    """The model's guess for one chosen position: the loss is the surprise at the original, in nats."""

    position: int
    guess: int
    guess_prob: float
    loss: float
    rank: int

    @property
    def prob(self) -> float:
        """The probability given to the original."""
        return math.exp(-self.loss)


@dataclass(frozen=True)
class Summary:
    """Of a repaired text: how many tokens came out right, the training loss (mean, in nats), its exponential, and
    the loss of a blind guess over the whole vocabulary."""

    right: int
    loss: float
    perplexity: float
    blind: float


def corrupt(
    tokens: Sequence[Token],
    seed: int,
    *,
    mask: Token,
    vocabulary: Sequence[Token],
    special: Collection[Token] = (),
    share: float = 0.15,
    mask_share: float = 0.8,
    random_share: float = 0.1,
) -> Corruption:
    """Choose 15 % of the tokens; of those, 80 % become the mask, 10 % a random token, and 10 % stay as they are.

    The draws are systematic: every token has the stated chances, and the counts match the shares to within one
    token, so that a short paragraph shows them too. The same seed gives the same damage.

    Args:
        tokens: pieces or their ids.
        mask: what a hidden token becomes.
        vocabulary: where random tokens come from; special ones are never drawn.
        special: tokens never chosen, such as [CLS] and [SEP].

    Raises:
        Problem: there is nothing to choose from.
    """
    random = np.random.default_rng(seed)
    special = frozenset(special)
    open_to_change = np.array([i for i, token in enumerate(tokens) if token not in special], dtype=int)
    if not len(open_to_change):
        raise Problem("El texto está vacío: escribe al menos una palabra.")
    chosen = open_to_change[_places(random, len(open_to_change)) < share]
    if not len(chosen):  # as in the original code: at least one
        chosen = random.choice(open_to_change, 1)
    result, fates = list(tokens), [UNTOUCHED] * len(tokens)
    for i, place in zip(chosen, _places(random, len(chosen)), strict=True):
        if place < mask_share:
            result[i], fates[i] = mask, MASKED
        elif place < mask_share + random_share:
            result[i], fates[i] = _draw(random, vocabulary, special), REPLACED
        else:
            fates[i] = KEPT
    return Corruption(tuple(tokens), tuple(result), tuple(fates))


def corrupt_text(model: Model, text: str, seed: int, max_tokens: int | None = None) -> Corruption:
    """``corrupt`` on the model's own token ids of a text."""
    tokenizer = model.tokenizer
    ids = model.tokenize(text, max_tokens).ids
    return corrupt(
        ids, seed, mask=tokenizer.mask_token_id, vocabulary=range(len(tokenizer)), special=tokenizer.all_special_ids
    )


def repair(model: Model, corruption: Corruption) -> list[Repair]:
    """The model's best guess for every chosen token, in one forward pass."""
    chosen = corruption.chosen
    query = Query(corruption.tokens, (0,) * len(corruption.tokens), chosen)

    def judge(logp, i: int) -> Repair:  # (vocabulary)
        log_prob, rank, best = spread(logp, corruption.original[i])
        return Repair(i, best, logp[best].exp().item(), -log_prob, rank)

    return predict(model, [query], lambda _, logp: [judge(x, i) for x, i in zip(logp, chosen, strict=True)])[0]


def summary(model: Model, repairs: Sequence[Repair]) -> Summary:
    """What pre-training would have made of these repairs."""
    loss = sum(r.loss for r in repairs) / len(repairs)
    right = sum(r.rank == 1 for r in repairs)
    return Summary(right, loss, math.exp(loss), math.log(len(model.tokenizer)))


def _places(random: np.random.Generator, count: int) -> np.ndarray:
    """Evenly spread numbers in [0, 1), each uniform by itself, in random order."""
    return (random.permutation(count) + random.random()) / max(count, 1)


def _draw(random: np.random.Generator, vocabulary: Sequence[Token], special: Collection[Token]) -> Token:
    while True:
        token = vocabulary[int(random.integers(len(vocabulary)))]
        if token not in special:
            return token

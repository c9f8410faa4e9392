"""Does B follow A? BERT's second training task (Devlin et al. 2019, section 3.1, task 2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations
from math import factorial

import numpy as np

from viz.kit.errors import Problem
from viz.model.base import Model
from viz.model.encoding import Tokens

MAX_SENTENCES = 7  # 5,040 orders, all of them tried


@dataclass(frozen=True)
class Order:
    """The best order of some sentences: ``order`` are positions in what was given, ``follows`` is
    ``(sentences, sentences)`` with the probability that column follows row (nan on the diagonal)."""

    order: tuple[int, ...]
    follows: np.ndarray


@dataclass(frozen=True)
class Trial:
    """Of shuffled paragraphs: how many came back exactly in order, and the mean share of neighbours kept; and what
    random orders give on average."""

    paragraphs: int
    exact: int
    exact_by_chance: float
    kept: float
    kept_by_chance: float


def next_sentence(model: Model, a: str, b: str) -> float:
    """The probability that ``b`` follows ``a``, from the model's next-sentence head.

    Raises:
        Problem: a text is empty or holds nothing that the model knows, or the model has no next-sentence head.
    """
    return float(follow(model, [(a, b)])[0])


def follow(model: Model, pairs: Sequence[tuple[str, str]], max_tokens: int | None = None) -> np.ndarray:
    """``next_sentence`` for many pairs, in one padded batch (several above 64): float ``(pairs,)``."""
    need_next(model)
    reads = [model.tokenize(pair, max_tokens) for pair in pairs]
    for pair, read in zip(pairs, reads, strict=True):
        _need_known_pieces(model, pair, read)
    result = np.zeros(len(reads))
    for chosen, out in model.passes(reads, at=[()] * len(reads)):  # no masked words are asked for
        result[chosen] = out.seq_relationship_logits.softmax(dim=-1)[:, 0].numpy()  # class 0 is "follows"
    return result


def reorder(model: Model, sentences: Sequence[str], max_tokens: int | None = None) -> Order:
    """The order whose neighbours follow each other best: the largest sum of log-probabilities, over all orders.

    Raises:
        Problem: fewer than 2 or more than ``MAX_SENTENCES`` sentences.
    """
    return reorder_all(model, [sentences], max_tokens)[0]


def reorder_all(model: Model, paragraphs: Sequence[Sequence[str]], max_tokens: int | None = None) -> list[Order]:
    """``reorder`` for several paragraphs, all their pairs in one batch."""
    for sentences in paragraphs:
        if not 2 <= len(sentences) <= MAX_SENTENCES:
            raise Problem(
                "Hacen falta entre 2 y {most} frases; aquí hay {count}.", most=MAX_SENTENCES, count=len(sentences)
            )
    pairs = [list(permutations(range(len(sentences)), 2)) for sentences in paragraphs]
    texts = [(x[i], x[j]) for x, ij in zip(paragraphs, pairs, strict=True) for i, j in ij]
    values, result = iter(follow(model, texts, max_tokens)), []
    for sentences, ij in zip(paragraphs, pairs, strict=True):
        follows = np.full((len(sentences), len(sentences)), np.nan)
        for i, j in ij:
            follows[i, j] = next(values)
        with np.errstate(divide="ignore"):
            log = np.log(follows)
        best = max(permutations(range(len(sentences))), key=lambda order: sum(log[i, j] for i, j in pairwise(order)))
        result.append(Order(best, follows))
    return result


def neighbours_kept(order: Sequence[int], truth: Sequence[int]) -> float:
    """The share of true neighbours ``(i, then j)`` that the order keeps together."""
    true = set(pairwise(truth))
    return len(true & set(pairwise(order))) / len(true)


def shuffled(count: int, seed: int) -> tuple[int, ...]:
    """``count`` positions in a random order that is not the right one; the same seed gives the same."""
    random = np.random.default_rng(seed)
    order = tuple(range(count))
    while count > 1 and order == tuple(range(count)):
        order = tuple(random.permutation(count).tolist())
    return order


def trial(model: Model, paragraphs: Sequence[Sequence[str]], seed: int = 0) -> Trial:
    """Shuffle each paragraph, let the model order it, and count."""
    kept, exact = [], 0
    orders = [shuffled(len(sentences), seed) for sentences in paragraphs]
    mixed = [[sentences[i] for i in given] for sentences, given in zip(paragraphs, orders, strict=True)]
    for sentences, given, found in zip(paragraphs, orders, reorder_all(model, mixed), strict=True):
        order = [given[i] for i in found.order]
        kept.append(neighbours_kept(order, range(len(sentences))))
        exact += order == list(range(len(sentences)))
    lengths = [len(sentences) for sentences in paragraphs]
    return Trial(
        paragraphs=len(paragraphs),
        exact=exact,
        exact_by_chance=sum(1 / factorial(n) for n in lengths),
        kept=sum(kept) / len(kept),
        kept_by_chance=sum(1 / n for n in lengths) / len(lengths),
    )


def packed(model: Model, a: str, b: str, max_tokens: int | None = None) -> list[tuple[str, int, bool]]:
    """``(token, segment, special)`` of [CLS] A [SEP] B [SEP], the one input that a pair becomes (figure 2)."""
    read = model.tokenize((a, b), max_tokens)
    return list(zip(read.tokens, read.segments, read.special, strict=True))


def need_next(model: Model) -> None:
    """Raises Problem for a model that was not trained on next sentences."""
    if "nsp" not in model.abilities:
        raise Problem("«{name}» no trae la cabeza que dice si una frase sigue a otra (NSP).", name=model.name)


def _need_known_pieces(model: Model, pair: tuple[str, str], read: Tokens) -> None:
    """Raises Problem if one of the two is nothing but the unknown token: an answer would mean nothing."""
    for k, text in enumerate(pair):
        ids = {
            i
            for i, segment, special in zip(read.ids, read.segments, read.special, strict=True)
            if segment == k and not special
        }
        if ids == {model.tokenizer.unk_token_id}:
            raise Problem(
                "De «{text}» este modelo no conoce nada: para él es solo [UNK], y no puede decir si sigue.",
                text=text[:60],
            )

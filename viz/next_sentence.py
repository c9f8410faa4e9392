"""Does B follow A? BERT's second training task (Devlin et al. 2019, section 3.1, task 2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations

import numpy as np
import torch

from viz.errors import Problem
from viz.model import BATCH, Model

MAX_SENTENCES = 7  # 5,040 orders, all of them tried


@dataclass(frozen=True)
class Order:
    """The best order of some sentences: ``order`` are positions in what was given, ``follows`` is
    ``(sentences, sentences)`` with the probability that column follows row (nan on the diagonal)."""

    order: tuple[int, ...]
    follows: np.ndarray


def next_sentence(model: Model, a: str, b: str) -> float:
    """The probability that ``b`` follows ``a``, from the model's next-sentence head.

    Raises:
        Problem: a text is empty, or the model has no next-sentence head.
    """
    return float(follow(model, [(a, b)])[0])


def follow(model: Model, pairs: Sequence[tuple[str, str]], max_tokens: int | None = None) -> np.ndarray:
    """``next_sentence`` for many pairs, in one padded batch (several above 64): float ``(pairs,)``."""
    need_next(model)
    reads = [model.tokenize(pair, max_tokens) for pair in pairs]
    order = sorted(range(len(reads)), key=lambda i: len(reads[i]["ids"]))
    result = np.zeros(len(reads))
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        batch = model.pad([reads[i]["ids"] for i in chosen], [reads[i]["segments"] for i in chosen])
        nowhere = torch.zeros_like(batch["input_ids"], dtype=torch.bool)  # no masked words are asked for
        out = model.forward(batch, at=nowhere)
        result[chosen] = out.seq_relationship_logits.softmax(dim=-1)[:, 0].numpy()  # class 0 is "follows"
    return result


def reorder(model: Model, sentences: Sequence[str], max_tokens: int | None = None) -> Order:
    """The order whose neighbours follow each other best: the largest sum of log-probabilities, over all orders.

    Raises:
        Problem: fewer than 2 or more than ``MAX_SENTENCES`` sentences.
    """
    count = len(sentences)
    if not 2 <= count <= MAX_SENTENCES:
        raise Problem("Hacen falta entre 2 y {most} frases; aquí hay {count}.", most=MAX_SENTENCES, count=count)
    pairs = list(permutations(range(count), 2))
    follows = np.full((count, count), np.nan)
    values = follow(model, [(sentences[i], sentences[j]) for i, j in pairs], max_tokens)
    for (i, j), value in zip(pairs, values, strict=True):
        follows[i, j] = value
    with np.errstate(divide="ignore"):
        log = np.log(follows)
    best = max(permutations(range(count)), key=lambda order: sum(log[i, j] for i, j in pairwise(order)))
    return Order(best, follows)


def neighbours_right(order: Sequence[int], truth: Sequence[int]) -> float:
    """The share of true neighbours ``(i, then j)`` that the order keeps together."""
    true = set(pairwise(truth))
    return len(true & set(pairwise(order))) / len(true)


def need_next(model: Model) -> None:
    """Raises Problem for a model that was not trained on next sentences."""
    if "nsp" not in model.heads:
        raise Problem("«{name}» no trae la cabeza que dice si una frase sigue a otra (NSP).", name=model.name)

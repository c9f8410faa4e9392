"""The game "¿Tú o BERT?": ten gaps, the same for both, scored by one rule."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from viz.masked.cloze import MASK, Query, hide, need_masks, predict
from viz.model.base import Model

GAP = re.compile(r"_{3,}")
ROUND = 10
EXACT, FITS, MISSED = 2, 1, 0


@dataclass(frozen=True)
class Riddle:
    """A sentence with ``___``, the word its author had in mind, and others that fit."""

    sentence: str
    word: str
    others: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    word: str
    prob: float


def draw(riddles: Sequence[Riddle], seed: int, count: int = ROUND) -> list[Riddle]:
    """Ten of the riddles; the same seed gives the same ten in the same order."""
    chosen = np.random.default_rng(seed).permutation(len(riddles))[:count]
    return [riddles[i] for i in chosen]


def points(answer: str, riddle: Riddle) -> int:
    """The rule, the same for people and models: 2 for the author's word, 1 for another that fits, 0 otherwise.

    Capitals, accents and surrounding punctuation do not count; ñ does.
    """
    if fold(answer) == fold(riddle.word):
        return EXACT
    return FITS if fold(answer) in map(fold, riddle.others) else MISSED


def fold(word: str) -> str:
    """A word without what the rule ignores."""
    decomposed = unicodedata.normalize("NFD", word.casefold().strip(" \t.,;:!?¡¿\"'«»()"))
    kept = "".join(
        c
        for i, c in enumerate(decomposed)
        if unicodedata.category(c) != "Mn" or (c == "\u0303" and decomposed[i - 1] == "n")
    )
    return unicodedata.normalize("NFC", kept)


def play(model: Model, riddles: Sequence[Riddle]) -> list[Answer]:
    """The model's answers, in one batch: of the words of one piece, the most probable.

    Pieces that only continue a word and punctuation marks are left out: a person would not type them either.
    """
    need_masks(model)
    clozes = [hide(model, GAP.sub(MASK, riddle.sentence)) for riddle in riddles]
    ids = whole_words(model.tokenizer)

    def best(_, logp):
        place = int(logp[0, ids].argmax())
        return Answer(model.tokenizer.decode([int(ids[place])]).strip(), logp[0, ids[place]].exp().item())

    return predict(model, [Query(c.ids, c.segments, c.masks[:1]) for c in clozes], best)


@lru_cache(maxsize=4)
def whole_words(tokenizer) -> np.ndarray:
    """Ids of the tokens that are a word by themselves: letters only, and at the start of a word."""
    special = set(tokenizer.all_special_ids)
    tokens = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    start = next((mark for mark in ("Ġ", "▁") if any(t.startswith(mark) and len(t) > 1 for t in tokens)), "")
    return np.array(
        [
            i
            for i, token in enumerate(tokens)
            if i not in special and token.startswith(start) and tokenizer.decode([i]).strip().isalpha()
        ]
    )

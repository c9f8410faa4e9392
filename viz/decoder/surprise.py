"""How much each word of a text surprises a model that reads in one direction."""

import math
from dataclasses import dataclass

from viz.decoder.language_model import Direction, LanguageModel
from viz.kit.errors import Problem
from viz.model.encoding import Tokens, Word


@dataclass(frozen=True)
class WordSurprise:
    """A word and the nats of its pieces, each with everything read before it in view."""

    word: Word
    log_prob: float

    @property
    def bits(self) -> float:
        """1 bit is a coin toss."""
        return -self.log_prob / math.log(2)


def surprise(model: LanguageModel, read: Tokens, direction: Direction = "left") -> list[WordSurprise]:
    """Every word of a text in its order, from one pass; a piece that two words share goes with the first.

    The special piece at the text's beginning (its end, from the right) is given, and nothing else.
    """
    if not read.words:
        raise Problem("No hay ninguna palabra que leer.")
    (log,) = model.log_probabilities([read.ids], direction)
    shift = -1 if direction == "left" else 1
    found, at = [], -1
    for word in read.words:
        own = [i for i in range(word.first, word.last) if i > at]
        at = max(at, word.last - 1)
        found.append(WordSurprise(word, sum(float(log[i + shift, read.ids[i]]) for i in own)))
    return found

"""GPT as the reader meets it: a Transformer decoder that encodes, and foretells the next word from the left."""

from collections.abc import Iterator, Sequence

import torch

from viz.decoder.generate import Step, generate
from viz.decoder.language_model import Direction
from viz.decoder.surprise import WordSurprise, surprise
from viz.decoder.words import next_words
from viz.kit.errors import Problem
from viz.model.base import Model


class Gpt(Model):
    """A causal decoder (Radford et al. 2018): each state has seen what stands to its left, and nothing else."""

    def log_probabilities(self, rows: Sequence[Sequence[int]], direction: Direction = "left") -> list[torch.Tensor]:
        """See ``viz.decoder.language_model.LanguageModel``; it reads from the left alone."""
        if direction != "left":
            raise Problem("GPT solo lee de izquierda a derecha.")
        batch = self.pad(rows, [[0] * len(row) for row in rows])
        logits = self.forward(batch).logits  # (rows, tokens, vocabulary)
        return [logits[i, : len(row)].log_softmax(-1) for i, row in enumerate(rows)]

    def next_word(self, text: str, k: int = 10) -> list[tuple[str, float]]:
        """The ``k`` likeliest words after ``text``; see ``viz.decoder.words.next_words``."""
        return next_words(self, self._open(text), k)

    def generate(self, text: str, pieces: int = 40, **how) -> Iterator[Step]:
        """A text that goes on after ``text``; see ``viz.decoder.generate.generate``."""
        return generate(self, self._open(text), pieces, **how)

    def surprise(self, text: str) -> list[WordSurprise]:
        """Each word with what was read before it in view; see ``viz.decoder.surprise.surprise``."""
        return surprise(self, self.tokenize(text))

    def _open(self, text: str) -> tuple[int, ...]:
        """A text without the piece that ends it: more is to come."""
        return self.tokenize(text).ids[:-1]

"""ELMo as the reader meets it: two LSTM language models, whose states side by side are its word vectors."""

from collections.abc import Sequence
from typing import Any

import torch

from viz.decoder.language_model import Direction
from viz.decoder.surprise import WordSurprise, surprise
from viz.decoder.words import next_words
from viz.model.base import Model


class Elmo(Model):
    """A bidirectional language model (Peters et al. 2018). It encodes in three layers, the first the token's own row
    twice, each state the one from the left and the one from the right side by side; it has no attention to show."""

    def log_probabilities(self, rows: Sequence[Sequence[int]], direction: Direction = "left") -> list[torch.Tensor]:
        """See ``viz.decoder.language_model.LanguageModel``."""
        net: Any = self.net  # a BiLM
        last = self.forward(self.pad(rows, [[0] * len(row) for row in rows])).last_hidden_state
        half = last.chunk(2, -1)[direction == "right"]  # (rows, tokens, lstm_size)
        with torch.inference_mode():
            return [net.score(half[i, : len(row)]).log_softmax(-1) for i, row in enumerate(rows)]

    def next_word(self, text: str, k: int = 10) -> list[tuple[str, float]]:
        """The ``k`` likeliest words after ``text``, from the left; see ``viz.decoder.words.next_words``."""
        return next_words(self, self.tokenize(text).ids[:-1], k)

    def previous_word(self, text: str, k: int = 10) -> list[tuple[str, float]]:
        """The ``k`` likeliest words before ``text``, from the right."""
        return next_words(self, self.tokenize(text).ids[1:], k, "right")

    def surprise(self, text: str, direction: Direction = "left") -> list[WordSurprise]:
        """Each word with what was read before it in view; see ``viz.decoder.surprise.surprise``."""
        return surprise(self, self.tokenize(text), direction)

"""BERT as the reader meets it: a model that encodes, and what its two pre-training tasks taught it to answer."""

from collections.abc import Sequence

from viz.masked.cloze import fill_mask
from viz.masked.surprise import pseudo_log_likelihood
from viz.model.base import Model
from viz.next_sentence.prediction import next_sentence


class Bert(Model):
    """An encoder whose weights may hold the heads of BERT's two tasks (Devlin et al. 2019, section 3.1)."""

    def fill_mask(
        self, text: str, k: int = 5, candidates: Sequence[str] | None = None
    ) -> list[list[tuple[str, float]]]:
        """For each mask in the text, ``(token, probability)`` pairs; see ``viz.masked.cloze.fill_mask``."""
        return fill_mask(self, text, k, candidates)

    def pseudo_log_likelihood(self, texts: str | Sequence[str], whole_words: bool = False) -> list[float]:
        """One number a text, in nats; see ``viz.masked.surprise.pseudo_log_likelihood``."""
        return pseudo_log_likelihood(self, texts, whole_words)

    def next_sentence(self, a: str, b: str) -> float:
        """The probability that ``b`` follows ``a``; see ``viz.next_sentence.prediction.next_sentence``."""
        return next_sentence(self, a, b)

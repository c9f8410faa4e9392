"""What a text costs in tokens: the same text in several tokenizers, the same meaning in two languages."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import tokenizers
import yaml

from viz.kit.paths import LESSONS
from viz.kit.text import clean_text
from viz.reading.foreign_tokenizer import ForeignTokenizer, open_tokenizer

PAIRS = LESSONS / "reading" / "pairs.yaml"


@dataclass(frozen=True)
class Cost:
    """Number of tokens without special ones, and per word of the text."""

    pieces: tuple[str, ...]
    words: int

    @property
    def per_word(self) -> float | None:
        return len(self.pieces) / self.words if self.words else None


@cache
def load_pairs() -> tuple[tuple[str, str], ...]:
    """Sentences ``(Spanish, English)`` that say the same."""
    return tuple((pair["es"], pair["en"]) for pair in yaml.safe_load(PAIRS.read_text("utf-8")))


def cost(tokenizer: tokenizers.Tokenizer | ForeignTokenizer, text: str) -> Cost:
    """Tokens of a text by any tokenizer of the tokenizers library, or by a reader's own.

    Raises:
        Problem: as ``costs``.
    """
    return costs(tokenizer, [text])[0]


def costs(tokenizer: tokenizers.Tokenizer | ForeignTokenizer, texts: Sequence[str]) -> list[Cost]:
    """The cost of each text; a reader's own tokenizer reads them all in one process.

    Raises:
        Problem: a reader's own tokenizer cannot cut them within its limits.
    """
    texts = [clean_text(text) for text in texts]
    if isinstance(tokenizer, ForeignTokenizer):
        pieces = tokenizer.pieces(texts)
    else:
        pieces = [tuple(tokenizer.encode(text, add_special_tokens=False).tokens) for text in texts]
    return [Cost(found, len(text.split())) for found, text in zip(pieces, texts, strict=True)]


def total(tokenizer: tokenizers.Tokenizer | ForeignTokenizer, texts: Sequence[str]) -> int:
    """Tokens of all the texts together, special ones left out. Raises Problem as ``costs`` does."""
    return sum(len(found.pieces) for found in costs(tokenizer, texts))


def read_tokenizer(data: bytes, name: str) -> ForeignTokenizer:
    """A ``tokenizer.json``, the format of every tokenizer on Hugging Face; it is data, nothing in it is executed.

    Raises:
        Problem: it is not one, or takes too long or too much memory.
    """
    return open_tokenizer(data, name)

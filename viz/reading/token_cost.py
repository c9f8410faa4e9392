"""What a text costs in tokens: the same text in several tokenizers, the same meaning in two languages."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import tokenizers
import yaml

from viz.kit.errors import Problem
from viz.kit.paths import LESSONS

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


def cost(tokenizer: tokenizers.Tokenizer, text: str) -> Cost:
    """Tokens of a text by any tokenizer of the tokenizers library."""
    return Cost(tuple(tokenizer.encode(text, add_special_tokens=False).tokens), len(text.split()))


def total(tokenizer: tokenizers.Tokenizer, texts: Sequence[str]) -> int:
    """Tokens of all the texts together, special ones left out."""
    return sum(len(cost(tokenizer, text).pieces) for text in texts)


def read_tokenizer(data: bytes, name: str) -> tokenizers.Tokenizer:
    """A ``tokenizer.json``, the format of every tokenizer on Hugging Face; it is data, nothing in it is executed.

    Raises:
        Problem: it is not one.
    """
    try:
        return tokenizers.Tokenizer.from_str(data.decode("utf-8"))
    except Exception as error:  # the library raises bare Exception for anything it cannot read
        raise Problem("«{name}» no es un tokenizer.json que se pueda leer.", name=name) from error

"""The ready lists of the word-vector page: analogies by kind, words to compare and map, an axis; in YAML."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import yaml

from viz.kit.errors import Problem
from viz.kit.paths import LESSONS
from viz.kit.text import clean_text

FOLDER = LESSONS / "words"

Row = tuple[str, str, str, str]  # a is to b as c is to d


@dataclass(frozen=True)
class WordLists:
    """``featured`` are the chapter's own analogies; ``analogies`` a batch by kind; ``axis`` two words and a list."""

    strips: tuple[str, ...]
    featured: tuple[Row, ...]
    analogies: dict[str, tuple[Row, ...]]
    maps: dict[str, tuple[str, ...]]
    axis: tuple[str, str]
    axis_words: tuple[str, ...]


@cache
def load_word_lists(language: str) -> WordLists:
    """The lists of a language, "es" or "en"."""
    data = yaml.safe_load((FOLDER / f"{language}.yaml").read_text("utf-8"))
    return WordLists(
        strips=tuple(data["strips"].split()),
        featured=tuple(_row(line) for line in data["featured"]),
        analogies={kind: tuple(_row(line) for line in lines) for kind, lines in data["analogies"].items()},
        maps={name: tuple(words.split()) for name, words in data["maps"].items()},
        axis=tuple(data["axis"]["between"].split()),
        axis_words=tuple(data["axis"]["words"].split()),
    )


def split_words(text: str, limit: int) -> tuple[str, ...]:
    """Distinct words of a typed list, parted by commas, semicolons or white space.

    Raises:
        Problem: none, or more than ``limit``.
    """
    words = tuple(dict.fromkeys(filter(None, re.split(r"[,;\s]+", clean_text(text)))))
    if not words:
        raise Problem("Escribe al menos una palabra.")
    if len(words) > limit:
        raise Problem("Son {n} palabras y aquí caben {limit}.", n=len(words), limit=limit)
    return words


def known(words: Sequence[str], vectors) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words that have a vector, and those that do not."""
    found = tuple(word for word in words if word in vectors)
    return found, tuple(word for word in words if word not in found)


def _row(line: str) -> Row:
    a, b, c, d = line.split()
    return a, b, c, d

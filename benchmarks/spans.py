"""Entities as spans, judged as CoNLL does: right is the same words and the same type (Tjong Kim Sang 2003)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Counts:
    """Entities that are right, that were said, that were wanted; the figures are shares of 1."""

    right: int
    said: int
    wanted: int

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.right + other.right, self.said + other.said, self.wanted + other.wanted)

    @property
    def precision(self) -> float:
        return self.right / self.said if self.said else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.wanted if self.wanted else 0.0

    @property
    def f1(self) -> float:
        total = self.said + self.wanted
        return 2 * self.right / total if total else 0.0


def spans(tags: Sequence[str]) -> set[tuple[int, int, str]]:
    """Entities of a BIO sequence as ``(first, last + 1, type)``.

    As in conlleval, an I- that continues nothing of its type starts an entity.
    """
    found, start, kind = set(), 0, None
    for n, tag in enumerate([*tags, "O"]):
        mark, _, name = tag.partition("-")
        if kind is not None and (mark != "I" or name != kind):
            found.add((start, n, kind))
            kind = None
        if mark in ("B", "I") and kind is None:
            start, kind = n, name
    return found


def count_spans(gold: Sequence[str], said: Sequence[str]) -> Counts:
    """Compare one sentence's tags with the right ones."""
    wanted, found = spans(gold), spans(said)
    return Counts(len(wanted & found), len(found), len(wanted))


def read_bio(path: Path) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Sentences ``(words, tags)`` of a file with a word and its tag a line, parted by blank lines."""
    return [tuple(zip(*block, strict=True)) for block in _blocks(path)]


def _blocks(path: Path) -> Iterator[list[tuple[str, str]]]:
    block: list[tuple[str, str]] = []
    with path.open(encoding="utf-8") as lines:
        for line in (*lines, "\n"):
            word, _, tag = line.rstrip("\n").partition("\t")
            if word.strip():
                block.append((word, tag))
            elif block:
                yield block
                block = []

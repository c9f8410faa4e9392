"""Sentences with their syntax, from a CoNLL-U file of Universal Dependencies."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class TreeWord:
    """A syntactic word: the surface form it lies in, its part of speech, its head (None for the root), its relation."""

    form: int
    pos: str
    head: int | None
    relation: str


@dataclass(frozen=True)
class Tree:
    """A sentence: its text, the characters of each surface form, and its syntactic words.

    Several words may share a form: Spanish "dámelo" is one form and three words.
    """

    text: str
    forms: tuple[tuple[int, int], ...]
    words: tuple[TreeWord, ...]


def read_conllu(path: Path) -> Iterator[Tree]:
    """The sentences of a file, one by one (format: universaldependencies.org/format.html)."""
    block: list[list[str]] = []
    with Path(path).open(encoding="utf-8") as lines:
        for line in (*lines, "\n"):
            line = line.rstrip("\n")
            if line and not line.startswith("#"):
                block.append(line.split("\t"))
            elif not line and block:
                yield _tree(block)
                block = []


def _tree(block: list[list[str]]) -> Tree:
    text, form_of, rows = "", {}, []
    forms: list[tuple[int, int]] = []
    for row in block:
        number = row[0]
        if "." in number:  # an empty node: in the enhanced graph only
            continue
        first, _, last = number.partition("-")
        if not last:
            rows.append(row)
        if last or int(first) not in form_of:  # a range comes before the words that it spells
            for k in range(int(first), int(last or first) + 1):
                form_of[k] = len(forms)
            forms.append((len(text), len(text) + len(row[1])))
            text += row[1] + ("" if "SpaceAfter=No" in row[9] else " ")
    words = tuple(
        TreeWord(
            form_of[int(row[0])],
            row[3],
            int(row[6]) - 1 if row[6] not in ("0", "_") else None,
            row[7].partition(":")[0],
        )
        for row in rows
    )
    return Tree(text.rstrip(), tuple(forms), words)

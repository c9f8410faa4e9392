"""Labelled texts in a fixed division: the sets that come with the app, and how a reader's own are divided."""

import csv
import hashlib
import random
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from viz.kit.errors import Problem
from viz.kit.paths import LESSONS

FOLDER = LESSONS / "classify"

Row = tuple[str, str]  # text, label
SPLITS = ("train", "dev", "test")

LABELS = (2, 20)
MIN_PER_LABEL = 6  # fewer cannot be shared out over three splits


def N_(message: str) -> str:
    """Marks a message that a page translates later."""
    return message


@dataclass(frozen=True)
class Dataset:
    """Texts and labels in a fixed division. ``language`` ("es" or "en") picks the static vectors to compare with."""

    name: str
    language: str
    train: tuple[Row, ...]
    dev: tuple[Row, ...]
    test: tuple[Row, ...]

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The labels, most frequent first (by name where equal)."""
        counts = Counter(label for _, label in self.rows)
        return tuple(sorted(counts, key=lambda label: (-counts[label], label)))

    @property
    def rows(self) -> tuple[Row, ...]:
        return self.train + self.dev + self.test

    @cached_property
    def key(self) -> str:
        """A fingerprint of every text, label and split, for caches."""
        return hashlib.sha256(repr((self.train, self.dev, self.test)).encode()).hexdigest()[:16]

    def split(self, name: str) -> tuple[list[str], list[int]]:
        """Texts of a split and the numbers of their labels in ``labels``."""
        rows = getattr(self, name)
        return [text for text, _ in rows], [self.labels.index(label) for _, label in rows]

    def only(self, labels: Collection[str]) -> "Dataset":
        """The same set without the texts of other labels."""
        parts = {name: tuple(row for row in getattr(self, name) if row[1] in labels) for name in SPLITS}
        return Dataset(self.name, self.language, **parts)


@dataclass(frozen=True)
class Shipped:
    id: str
    title: str  # Spanish; pages translate it
    language: str


SHIPPED = (
    Shipped("correos", N_("Correos: spam y otras tres etiquetas"), "es"),
    Shipped("resenas", N_("Reseñas: positivas o negativas"), "es"),
    Shipped("afirmaciones", N_("Afirmaciones: ¿se puede comprobar?"), "es"),
    Shipped("mail", N_("Correos en inglés"), "en"),
)


@cache
def load_shipped(name: str) -> Dataset:
    """A set that comes with the app, written for the course.

    Raises:
        Problem: there is none of that name.
    """
    language = next((s.language for s in SHIPPED if s.id == name), None)
    if language is None:
        raise Problem("No hay ningún conjunto «{name}».", name=name)
    return Dataset(name, language, **{split: read_tsv(FOLDER / name / f"{split}.tsv") for split in SPLITS})


def read_tsv(path: Path, text: str = "text", label: str = "label") -> tuple[Row, ...]:
    """Rows of a plain TSV with a heading and no quoting."""
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple((row[text], row[label]) for row in reader)


def check_labels(rows: Sequence[Row]) -> None:
    """Refuse what no classifier can learn from.

    Raises:
        Problem: no rows, one label or too many, or a label with too few texts.
    """
    if not rows:
        raise Problem("Ninguna fila sirve: la lista dice por qué.")
    counts = Counter(label for _, label in rows)
    least, most = LABELS
    if len(counts) < least:
        raise Problem(
            "Hay una sola etiqueta («{label}»): para clasificar hacen falta dos o más.", label=next(iter(counts), "")
        )
    if len(counts) > most:
        raise Problem(
            "Hay {n} etiquetas distintas y el máximo son {most}: ¿es esa la columna de la etiqueta?",
            n=len(counts),
            most=most,
        )
    rare = min(counts, key=counts.__getitem__)
    if counts[rare] < MIN_PER_LABEL:
        raise Problem(
            "La etiqueta «{label}» tiene muy pocos textos ({n}): hacen falta {least} por lo menos.",
            label=rare,
            n=counts[rare],
            least=MIN_PER_LABEL,
        )


def divide(rows: Sequence[Row], name: str, language: str, seed: int = 0) -> Dataset:
    """70 % to learn from, 15 % to choose with, 15 % to measure on, each label shared out alike; repeatable.

    Every label has at least one text in each part.

    Raises:
        Problem: as ``check_labels``.
    """
    check_labels(rows)
    dice = random.Random(seed)
    parts: dict[str, list[Row]] = {split: [] for split in SPLITS}
    for label in sorted({label for _, label in rows}):
        own = dice.sample(found := [row for row in rows if row[1] == label], len(found))
        held = max(1, round(0.15 * len(own)))
        parts["dev"] += own[:held]
        parts["test"] += own[held : 2 * held]
        parts["train"] += own[2 * held :]
    return Dataset(name, language, **{split: tuple(dice.sample(part, len(part))) for split, part in parts.items()})

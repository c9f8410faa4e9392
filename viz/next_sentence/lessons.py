"""The ready material of the next-sentence page: pairs and paragraphs."""

from dataclasses import dataclass
from functools import cache

import yaml

from viz.kit.paths import LESSONS


@dataclass(frozen=True)
class ReadyPair:
    """``kind`` is "next" (B truly follows A), "topic" (same topic, but it does not) or "random"."""

    kind: str
    a: str
    b: str


@dataclass(frozen=True)
class Paragraph:
    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class NextLesson:
    pairs: tuple[ReadyPair, ...]
    paragraphs: tuple[Paragraph, ...]


@cache
def load_next(language: str) -> NextLesson:
    """The next-sentence material of a language ("es" or "en")."""
    data = yaml.safe_load((LESSONS / "next_sentence" / f"{language}.yaml").read_text("utf-8"))
    return NextLesson(
        pairs=tuple(ReadyPair(**pair) for pair in data["pairs"]),
        paragraphs=tuple(Paragraph(p["title"], tuple(p["sentences"])) for p in data["paragraphs"]),
    )

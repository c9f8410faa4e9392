"""The ready material of the masked-word and next-sentence pages: sentences, pairs, paragraphs, riddles."""

from dataclasses import dataclass
from functools import cache

import yaml

from viz.game import Riddle
from viz.lessons import LESSONS
from viz.occurrences import strip_brackets


@dataclass(frozen=True)
class Sentence:
    """A sentence and the words that start hidden, as character spans."""

    text: str
    hidden: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class ClozeLesson:
    """``pairs`` has ``(right, wrong)`` sentences by kind; under "bias" neither is right."""

    sentences: tuple[Sentence, ...]
    pairs: dict[str, tuple[tuple[str, str], ...]]
    paragraph: str
    riddles: tuple[Riddle, ...]


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
def load_cloze(language: str) -> ClozeLesson:
    """The masked-word material of a language ("es" or "en")."""
    data = _read("cloze", language)
    return ClozeLesson(
        sentences=tuple(_sentence(s) for s in data["sentences"]),
        pairs={kind: tuple((a, b) for a, b in pairs) for kind, pairs in data["pairs"].items()},
        paragraph=data["paragraph"].strip(),
        riddles=tuple(Riddle(r["sentence"], r["word"], tuple(r["others"])) for r in data["game"]),
    )


@cache
def load_next(language: str) -> NextLesson:
    """The next-sentence material of a language ("es" or "en")."""
    data = _read("next_sentence", language)
    return NextLesson(
        pairs=tuple(ReadyPair(**pair) for pair in data["pairs"]),
        paragraphs=tuple(Paragraph(p["title"], tuple(p["sentences"])) for p in data["paragraphs"]),
    )


def _read(folder: str, language: str) -> dict:
    return yaml.safe_load((LESSONS / folder / f"{language}.yaml").read_text("utf-8"))


def _sentence(marked: str) -> Sentence:
    text, spans = strip_brackets(marked)
    return Sentence(text, tuple(spans))

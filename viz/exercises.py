"""The ready material of the masked-word and next-sentence pages: sentences, pairs, paragraphs, riddles."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache

import yaml

from viz.context.occurrences import strip_brackets
from viz.game import Riddle
from viz.kit.paths import LESSONS


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


def contrast(a: str, b: str) -> tuple[str, str]:
    """The words that two sentences do not share: ``("juegan", "juega")``."""
    a_words, b_words = a.rstrip(".").split(), b.rstrip(".").split()
    changes = [x for x in SequenceMatcher(None, a_words, b_words, autojunk=False).get_opcodes() if x[0] != "equal"]
    only_a = " ".join(w for _, start, end, _, _ in changes for w in a_words[start:end])
    only_b = " ".join(w for _, _, _, start, end in changes for w in b_words[start:end])
    return only_a, only_b

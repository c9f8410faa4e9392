"""The ready material of the masked-word and next-sentence pages: sentences, pairs, paragraphs, riddles."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache

import yaml

from viz.context.occurrences import strip_brackets
from viz.kit.paths import LESSONS
from viz.masked.game import Riddle


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


@cache
def load_cloze(language: str) -> ClozeLesson:
    """The masked-word material of a language ("es" or "en")."""
    data = yaml.safe_load((LESSONS / "masked" / f"{language}.yaml").read_text("utf-8"))
    return ClozeLesson(
        sentences=tuple(_sentence(s) for s in data["sentences"]),
        pairs={kind: tuple((a, b) for a, b in pairs) for kind, pairs in data["pairs"].items()},
        paragraph=data["paragraph"].strip(),
        riddles=tuple(Riddle(r["sentence"], r["word"], tuple(r["others"])) for r in data["game"]),
    )


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

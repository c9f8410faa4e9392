"""Lesson packs: a word, its senses, sentences that show them, and a question, in YAML."""

from dataclasses import dataclass
from functools import cache

import yaml

from viz.context.occurrences import BRACKETS
from viz.kit.errors import Problem
from viz.kit.foreign_yaml import read_yaml
from viz.kit.paths import LESSONS
from viz.kit.text import clean_text

MAX_LABEL, MAX_NOTE = 100, 2_000  # characters
LONGEST = {"word": 60, "language": 20, "title": 200, "question": MAX_NOTE, "note": MAX_NOTE}


@dataclass(frozen=True)
class Sense:
    id: str
    label: str
    gloss: str
    sentences: tuple[str, ...]  # the target in [brackets]


@dataclass(frozen=True)
class Lesson:
    id: str
    word: str
    language: str
    title: str
    question: str
    note: str
    senses: tuple[Sense, ...]

    @property
    def rows(self) -> list[tuple[str, str]]:
        """``(sentence, sense label)`` for every sentence, in the order of the pack."""
        return [(sentence, sense.label) for sense in self.senses for sentence in sense.sentences]


@cache
def load_lessons(language: str) -> dict[str, Lesson]:
    """The shipped lessons of a language, by id; palo or stick first, the rest by word."""
    lessons = [
        parse_lesson(path.read_text("utf-8"), path.stem) for path in (LESSONS / "context" / language).glob("*.yaml")
    ]
    return {x.id: x for x in sorted(lessons, key=lambda x: (x.word not in ("palo", "stick"), x.word.casefold()))}


def parse_lesson(text: str, name: str) -> Lesson:
    """Read a lesson pack, checking everything a page relies on.

    Raises:
        Problem: says which field of which sense is wrong, and what was found there.
    """
    data = read_yaml(text, name)
    if not isinstance(data, dict) or not isinstance(data.get("senses"), list) or not data["senses"]:
        raise Problem("«{name}»: falta la lista «senses».", name=name)
    fields = {key: _field(data, key, name) for key in LONGEST}
    for key in ("word", "language"):
        if not fields[key]:
            raise Problem("«{name}»: falta el campo «{key}».", name=name, key=key)
    senses = tuple(_sense(entry, number, name) for number, entry in enumerate(data["senses"], start=1))
    if len({sense.label for sense in senses}) < len(senses):
        raise Problem("«{name}»: hay dos sentidos con el mismo nombre.", name=name)
    return Lesson(
        id=name,
        word=fields["word"],
        language=fields["language"],
        title=fields["title"] or fields["word"],
        question=fields["question"],
        note=fields["note"],
        senses=senses,
    )


def dump_lesson(word: str, language: str, rows: list[tuple[str, str]]) -> str:
    """A lesson pack from ``(sentence, sense)`` rows, that ``parse_lesson`` reads back."""
    word, rows = clean_text(word), [(clean_text(sentence), clean_text(sense)) for sentence, sense in rows]
    labels = list(dict.fromkeys(sense or "?" for _, sense in rows))
    senses = [
        {"id": f"sense{n}", "label": label, "gloss": "", "sentences": [s for s, x in rows if (x or "?") == label]}
        for n, label in enumerate(labels, start=1)
    ]
    lesson = {"word": word, "language": language, "title": word, "question": "", "note": "", "senses": senses}
    return yaml.safe_dump(lesson, allow_unicode=True, sort_keys=False, width=1000)


def _field(entry: dict, key: str, name: str, longest: int = 0) -> str:
    """A text field, "" if it is not there."""
    value = entry.get(key, "")
    if not isinstance(value, str):
        raise Problem("«{name}»: el campo «{key}» no es un texto.", name=name, key=key)
    limit = longest or LONGEST[key]
    if len(value) > limit:
        raise Problem(
            "«{name}»: el campo «{key}» tiene {n} letras y caben {limit}.",
            name=name,
            key=key,
            n=len(value),
            limit=limit,
        )
    return value.strip()


def _sense(entry: object, number: int, name: str) -> Sense:
    label = _field(entry, "label", name, MAX_LABEL) if isinstance(entry, dict) else ""
    if not isinstance(entry, dict) or not label:
        raise Problem("«{name}»: al sentido {number} le falta el campo «label».", name=name, number=number)
    sentences = entry.get("sentences")
    if not isinstance(sentences, list) or not sentences or not all(isinstance(s, str) for s in sentences):
        raise Problem("«{name}»: el sentido «{label}» no tiene frases.", name=name, label=label)
    for sentence in sentences:
        if not BRACKETS.search(sentence):
            raise Problem(
                "«{name}»: falta la palabra entre [corchetes] en «{sentence}».", name=name, sentence=sentence[:100]
            )
    gloss = _field(entry, "gloss", name, MAX_NOTE)
    return Sense(_field(entry, "id", name, MAX_LABEL) or str(number), label, gloss, tuple(sentences))

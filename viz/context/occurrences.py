"""Rows of a table become occurrences of a word: found by themselves, or marked with [brackets]."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from viz.kit.errors import Problem
from viz.kit.text import clean_text
from viz.model.encoding import WORD

BRACKETS = re.compile(r"\[([^\[\]]+)\]")
MAX_SENTENCES = 200
MAX_CHARACTERS = 1_000  # a sentence


@dataclass(frozen=True)
class Occurrence:
    """One appearance of the word: ``text[start:end]`` in a sentence without brackets; ``row`` counts from 0."""

    text: str
    start: int
    end: int
    sense: str
    row: int

    @property
    def form(self) -> str:
        """The word as it is written here."""
        return self.text[self.start : self.end]


def find_occurrences(rows: Iterable[tuple[str, str]], word: str) -> tuple[list[Occurrence], list[Problem]]:
    """Every occurrence in ``(sentence, sense)`` rows, and a Problem for each row that has none.

    A row with brackets gives exactly what they mark (inflected forms, several words); a row without gives every
    whole-word match of ``word``, whatever its case. Blank rows are passed over. What is found counts in clean text.

    Raises:
        Problem: more than 200 sentences.
    """
    cleaned = [(n, clean_text(sentence).strip(), clean_text(sense).strip()) for n, (sentence, sense) in enumerate(rows)]
    kept = [row for row in cleaned if row[1]]
    if len(kept) > MAX_SENTENCES:
        raise Problem("Son {n} frases y aquí caben {limit}: quita algunas.", n=len(kept), limit=MAX_SENTENCES)
    found, problems = [], []
    for n, sentence, sense in kept:
        if len(sentence) > MAX_CHARACTERS:
            problems.append(
                Problem(
                    "Fila {row}: tiene {n} letras y caben {limit}; no se usó.",
                    row=n + 1,
                    n=len(sentence),
                    limit=MAX_CHARACTERS,
                )
            )
            continue
        text, spans = strip_brackets(sentence)
        spans = spans or whole_words(text, word)
        if not spans:
            problems.append(
                Problem(
                    "Fila {row}: no aparece «{word}». Marca la forma que vale entre [corchetes].", row=n + 1, word=word
                )
            )
        found += [Occurrence(text, start, end, sense, n) for start, end in spans]
    return found, problems


def strip_brackets(sentence: str) -> tuple[str, list[tuple[int, int]]]:
    """The sentence, clean and without its brackets, and where what they held now stands."""
    text, spans, last = "", [], 0
    for match in BRACKETS.finditer(sentence):
        text += sentence[last : match.start()]
        spans.append((len(text), len(text) + len(match[1])))
        text += match[1]
        last = match.end()
    text += sentence[last:]
    clean = clean_text(text)
    if clean != text:  # an accent that stood behind a bracket joins the letter that was inside
        spans = [(len(clean_text(text[:start])), len(clean_text(text[:end]))) for start, end in spans]
    return clean, spans


def whole_words(text: str, word: str) -> list[tuple[int, int]]:
    """Where ``word`` stands as a whole word of a clean text, ignoring case."""
    wanted = clean_text(word).strip().casefold()
    return [match.span() for match in WORD.finditer(text) if match.group().casefold() == wanted]


def bracketed(rows: Iterable[tuple[str, str]], word: str) -> list[tuple[str, str]]:
    """Rows as a lesson pack wants them: every occurrence in [brackets], rows without one left out."""
    marked = []
    for sentence, sense in ((clean_text(sentence), clean_text(sense)) for sentence, sense in rows):
        if not BRACKETS.search(sentence):
            for start, end in reversed(whole_words(sentence, word)):
                sentence = f"{sentence[:start]}[{sentence[start:end]}]{sentence[end:]}"
        if BRACKETS.search(sentence):
            marked.append((sentence, sense))
    return marked

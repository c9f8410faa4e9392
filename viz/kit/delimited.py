"""Text of a CSV or TSV becomes cells, whichever program wrote it."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from viz.kit.errors import Problem
from viz.kit.tables import undefuse
from viz.kit.text import clean_text

Row = tuple[int, list[str]]  # number of its last line in the file, from 1; its cells

SEPARATORS = "\t;|,"  # those that prose uses least come first: they win where several would do
MAX_COLUMNS = 200
LONGEST = csv.field_size_limit()  # characters of a cell
ANNOUNCED = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)  # a first line by which Excel says the separator
# Quotes as the standard has them (RFC 4180), with backslashes (databases), as the standard but for a few, or none.
QUOTES: tuple[dict, ...] = (
    {"strict": True},
    {"strict": True, "doublequote": False, "escapechar": "\\"},
    {},
    {"quoting": csv.QUOTE_NONE},
)


@dataclass(frozen=True)
class Delimited:
    """``rows`` that hold something, cells cleaned and without outer space; ``separator`` is "" for a single column."""

    rows: tuple[Row, ...]
    separator: str


def read_delimited(text: str, name: str) -> Delimited:
    """The cells of separated text.

    Of all separators and ways of quoting, the one is taken that gives most rows the width of the first; where two
    give as many, the one that prose uses least. If none gives it to most rows, there is a single column.

    Raises:
        Problem: a cell without an end, or more columns than any table has.
    """
    text = text.removeprefix("\ufeff")
    said = ANNOUNCED.match(text)
    lines = 0
    if said:
        text, lines = text[said.end() :], 1
    best, found, separator = 0, None, ""
    for candidate, quotes in product(said[1] if said else SEPARATORS, QUOTES):
        if candidate not in text or ("escapechar" in quotes and '\\"' not in text):
            continue
        rows = _parse(text, candidate, quotes)
        score = _score(rows) if rows else 0
        if rows and score > best:
            best, found, separator = score, rows, candidate
    if found is None:  # quotes may still hold a line end; a separator that no text has keeps each line whole
        found = next((r for q in QUOTES if (r := _parse(text, "\x1f", q)) is not None), None)
    if found is None:
        raise _endless(text, name)
    width = max((len(row) for _, row in found), default=0)
    if width > MAX_COLUMNS:
        raise Problem("«{name}» tiene {n} columnas y aquí caben {limit}.", name=name, n=width, limit=MAX_COLUMNS)
    cleaned = ((n + lines, [clean_text(undefuse(cell)).strip() for cell in row]) for n, row in found)
    return Delimited(tuple((n, row) for n, row in cleaned if any(row)), separator)


def filled(row: Sequence[str]) -> int:
    """Width of a row without the empty cells at its end."""
    return next((n for n in range(len(row), 0, -1) if row[n - 1].strip()), 0)


def _parse(text: str, separator: str, quotes: dict) -> list[Row] | None:
    """Rows with anything in them; None if this is not how the text is written."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, **quotes)
    try:
        return [(reader.line_num, row) for row in reader if filled(row)]
    except csv.Error:
        return None


def _score(rows: list[Row]) -> int:
    """Rows of the first one's width, less the others; 0 where that width is one column."""
    wide = len(rows[0][1])
    if wide < 2:
        return 0
    used = max(2, filled(rows[0][1]))
    fit = sum(len(row) == wide or filled(row) <= used <= len(row) for _, row in rows)
    return 2 * fit - len(rows)


def _endless(text: str, name: str) -> Problem:
    start = 0
    for number, line in enumerate(text.splitlines(), start=1):
        start = number
        if len(line) > LONGEST and '"' not in line:
            return Problem(
                "La línea {line} de «{name}» tiene una celda de más de {limit} letras.",
                line=number,
                name=name,
                limit=LONGEST,
            )
        if len(line) > LONGEST:
            break
    return Problem(
        "La tabla de «{name}» se rompe cerca de la línea {line}: ¿hay una comilla sin cerrar?", name=name, line=start
    )

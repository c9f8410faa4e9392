"""Text of a CSV or TSV becomes cells, whichever program wrote it."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from viz.kit.errors import Problem
from viz.kit.tables import undefuse
from viz.kit.text import clean_text

Row = tuple[int, list[str]]  # number of its last line in the file, from 1; its cells

SEPARATORS = "\t;|,"  # those that prose uses least come first: they win where several would do
MAX_COLUMNS = 200
LONGEST = csv.field_size_limit()  # characters of a cell
ANNOUNCED = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)  # a first line by which Excel says the separator
# Quotes as the standard has them (RFC 4180), with backslashes (databases), as the standard but for a few, or none.
STRICT: dict = {"strict": True}
ESCAPED: dict = {"strict": True, "doublequote": False, "escapechar": "\\"}
LENIENT: dict = {}
PLAIN: dict = {"quoting": csv.QUOTE_NONE}


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
    if not text.strip():
        return Delimited((), "")
    said = ANNOUNCED.match(text)
    lines = 0
    if said:
        text, lines = text[said.end() :], 1
    best, found, separator = 0, None, ""
    for candidate in said[1] if said else SEPARATORS:
        for rows in _ways(text, candidate) if candidate in text else ():
            if (score := _score(rows)) > best:
                best, found, separator = score, rows, candidate
    if found is None:
        found, separator = _under_a_heading(text)
    if found is None:  # quotes may still hold a line end; a separator that no text has keeps each line whole
        found = next(_ways(text, "\x1f"), None)
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


def _ways(text: str, separator: str) -> Iterator[list[Row]]:
    """The text parsed in every way of quoting that it allows, likeliest first."""
    plain = _parse(text, separator, PLAIN) or []
    opened = [cell for _, row in plain for cell in row if cell.startswith('"')]
    closed = sum(len(cell) > 1 and cell.endswith('"') and '"' not in cell[1:-1].replace('""', "") for cell in opened)
    loose = (LENIENT, PLAIN) if 2 * closed > len(opened) else (PLAIN, LENIENT)
    for quotes in (STRICT, *([ESCAPED] if '\\"' in text else []), *loose):
        rows = plain if quotes is PLAIN else _parse(text, separator, quotes)
        if rows:
            yield rows


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


def _under_a_heading(text: str) -> tuple[list[Row] | None, str]:
    """A heading over rows that are all at least as wide, as where nobody quoted the separators in a text: a table
    still, though most of its rows are broken."""
    for separator in SEPARATORS:
        rows = _parse(text, separator, PLAIN) if separator in text else None
        if not rows:
            continue
        wide, heading = len(rows[0][1]), rows[0][1]
        named = all(cell and len(cell) <= 30 and not cell.startswith(" ") for cell in heading)
        if wide > 1 and named and len(rows) > 1 and all(len(row) >= wide for _, row in rows):
            return rows, separator
    return None, ""


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

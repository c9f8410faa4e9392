"""Tables that leave the app."""

import csv
import unicodedata

import pandas as pd

FORMULA = "=+-@−"  # − is the minus sign proper, which LibreOffice reads as one
BLANK = ("Z", "C")  # general categories of spaces and of what is not seen


def to_csv(table: pd.DataFrame) -> bytes:
    """CSV that spreadsheets open as text: UTF-8 with a mark, and no cell that starts a formula.

    Text cells and headings that begin a formula get an apostrophe in front (OWASP, CSV injection); every text is
    quoted, so that a semicolon in it starts no cell where Excel parts cells by semicolons. Numbers stay numbers.
    """
    safe = table.rename(columns=_defuse)
    for column in safe.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in safe.dtypes]]:
        safe[column] = safe[column].map(_defuse)
    return safe.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC).encode("utf-8-sig")


def starts_formula(cell: str) -> bool:
    """Whether a spreadsheet may take a cell for a formula: the first thing seen in it is = + - @, of any width.

    >>> [starts_formula(cell) for cell in ("=1", "\\u00a0=1", "\\n＝1", "a=1", "")]
    [True, True, True, False, False]
    """
    first = next((c for c in cell if unicodedata.category(c)[0] not in BLANK), "")
    return bool(first) and unicodedata.normalize("NFKC", first)[0] in FORMULA


def undefuse(cell: str) -> str:
    """A cell without the apostrophe that ``to_csv`` put in front."""
    return cell[1:] if cell[:1] == "'" and starts_formula(cell[1:]) else cell


def _defuse(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and starts_formula(cell) else cell

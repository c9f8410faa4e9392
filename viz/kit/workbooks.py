"""The first sheet of an .xlsx becomes cells."""

import io
import re
import warnings
import zipfile

from viz.kit.archives import check_archive
from viz.kit.delimited import MAX_COLUMNS, Row, filled
from viz.kit.errors import Problem
from viz.kit.text import clean_text

MAX_UNPACKED = 40 << 20  # bytes after decompression
MAX_SHEET = 1_048_576  # rows that a sheet can have
MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')


def read_workbook(data: bytes, name: str, rows: int) -> list[Row]:
    """Rows of the first sheet that hold something, from its heading on, cleaned; at most ``rows`` + 1 of them.

    A title above the heading, which fills one cell only, is passed over; a cell merged over several rows stands in
    each of them.

    Raises:
        Problem: no such workbook, or one that unpacks to too much.
    """
    try:
        check_archive(io.BytesIO(data), name, MAX_UNPACKED)
        return _heading_on(_rows(data, name, rows + 1))
    except Problem:
        raise
    except Exception as error:  # openpyxl lets through whatever its XML, its dates and its styles raise
        raise Problem("«{name}» no es un libro XLSX que se pueda abrir.", name=name) from error


def _rows(data: bytes, name: str, most: int) -> list[Row]:
    import openpyxl  # takes a third of a second, and few readers bring a workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it does not read: charts, validation, odd styles
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            merged = _merged_columns(archive.read(sheet._worksheet_path))
        found: list[Row] = []
        above: dict[int, tuple[int, str]] = {}  # column → last row of a merged cell, and what it says
        for number, values in enumerate(
            sheet.iter_rows(values_only=True, max_row=MAX_SHEET, max_col=MAX_COLUMNS + 1), start=1
        ):
            if values.count(None) == len(values):  # a row number far away stands for a million of these
                continue
            row = ["" if value is None else clean_text(str(value)).strip() for value in values]
            if not any(row):
                continue
            for column, (last, text) in above.items():
                if number <= last and column < len(row) and not row[column]:
                    row[column] = text
            for column, last in merged.get(number, ()):
                if column < len(row):
                    above[column] = (last, row[column])
            width = filled(row)
            if width > MAX_COLUMNS:
                raise Problem(
                    "«{name}» tiene {n} columnas y aquí caben {limit}.", name=name, n=width, limit=MAX_COLUMNS
                )
            found.append((number, row[:width]))
            if len(found) > most:
                break
    return found


def _merged_columns(xml: bytes) -> dict[int, list[tuple[int, int]]]:
    """Merged cells by their first row: their first column, from 0, and their last row."""
    found: dict[int, list[tuple[int, int]]] = {}
    for left, top, _, bottom in MERGED.findall(xml):
        column = 0
        for letter in left:
            column = column * 26 + letter - 64
        if int(bottom) > int(top) and column <= MAX_COLUMNS:
            found.setdefault(int(top), []).append((column - 1, int(bottom)))
    return found


def _heading_on(rows: list[Row]) -> list[Row]:
    start = next((n for n, (_, row) in enumerate(rows) if sum(map(bool, row)) > 1), 0)
    return rows[start:]

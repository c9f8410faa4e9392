"""A table of ``(sentence, sense)`` rows as text: pasted lines, an uploaded file, a link."""

import base64
import json
import re
import zlib
from collections.abc import Sequence

from viz.context.lessons import parse_lesson
from viz.context.occurrences import MAX_SENTENCES
from viz.kit.delimited import filled, read_delimited
from viz.kit.encodings import decode
from viz.kit.errors import Problem
from viz.kit.text import clean_text
from viz.kit.workbooks import read_workbook

Row = tuple[str, str]

MAX_BYTES = 1_000_000  # an uploaded table
SENTENCE, SENSE = ("sentence", "frase", "text", "texto"), ("sense", "sentido", "label", "etiqueta")  # headings
MAX_LINK = 6_000  # characters of a link; chats and mail programs cut longer ones


def parse_lines(text: str) -> list[Row]:
    """One sentence a line; a sense may follow after a tab or a vertical bar.

    Raises:
        Problem: more lines than the page takes.
    """
    rows = []
    for line in clean_text(text).split("\n"):
        if line.strip():
            sentence, _, sense = line.replace("\t", "|").partition("|")
            rows.append((sentence.strip(), sense.strip()))
    return _few(rows)


def parse_file(name: str, data: bytes) -> tuple[str | None, list[Row]]:
    """The word (if the file names one) and the rows of a .yaml lesson, a .csv, .tsv or .xlsx table or a .txt list.

    A table may have a heading; its columns are called sentence/frase/text/texto and sense/sentido/label/etiqueta, or
    else the first column is the sentence and the second the sense. A .txt is a table if it has such a heading.

    Raises:
        Problem: too large, not text, or nothing in it.
    """
    if len(data) > MAX_BYTES:
        raise Problem(
            "«{name}» pesa {size} KB y caben {limit} KB.", name=name, size=len(data) // 1000, limit=MAX_BYTES // 1000
        )
    ending = name.lower().rpartition(".")[2]
    if ending == "xlsx":
        rows = _rows_of(read_workbook(data, name, MAX_SENTENCES + 1))
    else:
        text, _ = decode(data, name)
        if ending in ("yaml", "yml"):
            lesson = parse_lesson(text, name)
            return lesson.word, _few(lesson.rows)
        heading = text.lstrip("\ufeff").partition("\n")[0].lower()
        table = ending in ("csv", "tsv") or any(
            title.strip(' "\r') in SENTENCE for title in re.split("[\t;|,]", heading)
        )
        rows = parse_csv(text, name) if table else parse_lines(text)
    if not rows:
        raise Problem("«{name}» no tiene ninguna frase.", name=name)
    return None, rows


def parse_csv(text: str, name: str = "CSV") -> list[Row]:
    """Rows of a table whose separator is a comma, a semicolon, a tab or a bar, whichever fits.

    Raises:
        Problem: a row has more cells than the first, so that nobody can say where its sentence ends.
    """
    rows = read_delimited(text, name).rows
    columns = max(2, len(rows[0][1])) if rows else 0
    for line, row in rows:
        if filled(row) > columns:
            raise Problem(
                "La línea {line} de «{name}» tiene {n} columnas y la primera {columns}: pon entre comillas las frases "
                "que llevan el signo que separa las columnas.",
                line=line,
                name=name,
                n=filled(row),
                columns=len(rows[0][1]),
            )
    return _rows_of(rows)


def _rows_of(table: Sequence[tuple[int, list[str]]]) -> list[Row]:
    if not table:
        return []
    titles = [cell.lower() for cell in table[0][1]]
    sentence = next((i for i, title in enumerate(titles) if title in SENTENCE), None)
    sense = next((i for i, title in enumerate(titles) if title in SENSE), None)
    if sentence is None:
        sentence, sense = 0, 1
    else:
        table = table[1:]
    rows = [(_cell(row, sentence), _cell(row, sense)) for _, row in table]
    return _few([row for row in rows if row[0]])


def pack(rows: Sequence[Row]) -> str | None:
    """Rows as a short piece of a link, or None when they would make it too long."""
    packed = base64.urlsafe_b64encode(zlib.compress(_json(rows), 9)).decode()
    return packed if len(packed) <= MAX_LINK else None


def unpack(packed: str) -> list[Row]:
    """The rows of a link.

    Raises:
        Problem: the link was cut or changed.
    """
    broken = Problem("El enlace trae unas frases que no se pueden leer: quizá se cortó al copiarlo.")
    if len(packed) > MAX_LINK:
        raise broken
    try:
        stream = zlib.decompressobj()
        rows = json.loads(stream.decompress(base64.urlsafe_b64decode(packed), MAX_BYTES))
        if not all(isinstance(row, list) and all(isinstance(cell, str) for cell in row) for row in rows):
            raise broken
        return _few([(clean_text(sentence), clean_text(sense)) for sentence, sense in rows])
    except (ValueError, TypeError, RecursionError, zlib.error) as error:  # RecursionError: brackets within brackets
        if isinstance(error, Problem):
            raise
        raise broken from error


def _json(rows: Sequence[Row]) -> bytes:
    return json.dumps([[clean_text(cell) for cell in row] for row in rows], ensure_ascii=False).encode()


def _cell(row: list[str], column: int | None) -> str:
    """A cell, empty where the row is short."""
    return row[column] if column is not None and column < len(row) else ""


def _few(rows: list[Row]) -> list[Row]:
    if len(rows) > MAX_SENTENCES:
        raise Problem("Son {n} frases y aquí caben {limit}: quita algunas.", n=len(rows), limit=MAX_SENTENCES)
    return rows

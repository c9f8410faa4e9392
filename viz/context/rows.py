"""A table of ``(sentence, sense)`` rows as text: pasted lines, an uploaded file, a link."""

import base64
import csv
import io
import json
import zlib
from collections.abc import Sequence

from viz.context.lessons import parse_lesson
from viz.context.occurrences import MAX_SENTENCES
from viz.kit.errors import Problem
from viz.kit.tables import FORMULA

Row = tuple[str, str]

MAX_BYTES = 1_000_000  # an uploaded table
MAX_LINK = 6_000  # characters of a link; chats and mail programs cut longer ones


def parse_lines(text: str) -> list[Row]:
    """One sentence a line; a sense may follow after a tab or a vertical bar.

    Raises:
        Problem: more lines than the page takes.
    """
    rows = []
    for line in text.splitlines():
        if line.strip():
            sentence, _, sense = line.replace("\t", "|").partition("|")
            rows.append((sentence.strip(), sense.strip()))
    return _few(rows)


def parse_file(name: str, data: bytes) -> tuple[str | None, list[Row]]:
    """The word (if the file names one) and the rows of a .yaml lesson, a .csv table or a .txt list of sentences.

    A CSV may have a heading; its columns are called sentence/frase/text/texto and sense/sentido/label, or else the
    first column is the sentence and the second the sense.

    Raises:
        Problem: too large, not text, or nothing in it.
    """
    if len(data) > MAX_BYTES:
        raise Problem(
            "«{name}» pesa {size} KB y caben {limit} KB.", name=name, size=len(data) // 1000, limit=MAX_BYTES // 1000
        )
    text = decode(data, name)
    if name.lower().endswith((".yaml", ".yml")):
        lesson = parse_lesson(text, name)
        return lesson.word, _few(lesson.rows)
    rows = parse_csv(text) if name.lower().endswith(".csv") else parse_lines(text)
    if not rows:
        raise Problem("«{name}» no tiene ninguna frase.", name=name)
    return None, rows


def parse_csv(text: str) -> list[Row]:
    """Rows of a CSV whose separator is a comma, a semicolon or a tab."""
    head = text[:4096]
    separator = max(",;\t", key=head.count)
    table = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=separator)]
    table = [row for row in table if any(row)]
    if not table:
        return []
    names = [cell.lower() for cell in table[0]]
    sentence = next((i for i, n in enumerate(names) if n in ("sentence", "frase", "text", "texto")), None)
    sense = next((i for i, n in enumerate(names) if n in ("sense", "sentido", "label")), None)
    if sentence is None:
        sentence, sense = 0, 1
    else:
        table = table[1:]
    rows = [(_cell(row, sentence), _cell(row, sense)) for row in table]
    return _few([row for row in rows if row[0]])


def decode(data: bytes, name: str) -> str:
    """Text from bytes: UTF-8 with or without a mark, UTF-16 with one, else the Western code page of old Windows.

    Raises:
        Problem: it holds zero bytes, so it is no text.
    """
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252", "latin-1"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
        break
    raise Problem("«{name}» no es texto: guarda la tabla como CSV o TXT en UTF-8.", name=name)


def pack(rows: Sequence[Row]) -> str | None:
    """Rows as a short piece of a link, or None when they would make it too long."""
    packed = base64.urlsafe_b64encode(zlib.compress(json.dumps(rows, ensure_ascii=False).encode(), 9)).decode()
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
        return _few([(str(sentence), str(sense)) for sentence, sense in rows])
    except (ValueError, TypeError, zlib.error) as error:
        raise broken from error


def _cell(row: list[str], column: int | None) -> str:
    """A cell, empty where the row is short; the apostrophe that to_csv puts before = + - @ comes off again."""
    cell = row[column] if column is not None and column < len(row) else ""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(FORMULA) else cell


def _few(rows: list[Row]) -> list[Row]:
    if len(rows) > MAX_SENTENCES:
        raise Problem("Son {n} frases y aquí caben {limit}: quita algunas.", n=len(rows), limit=MAX_SENTENCES)
    return rows

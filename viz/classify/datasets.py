"""Labelled texts: the sets that come with the app, a reader's own table, a set from the Hugging Face hub."""

import csv
import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from viz.kit.errors import Problem
from viz.kit.paths import LESSONS

FOLDER = LESSONS / "classify"

Row = tuple[str, str]  # text, label
SPLITS = ("train", "dev", "test")

MAX_BYTES = 2_000_000
MAX_ROWS = 3_000
MAX_CHARS = 2_000  # of a text
MAX_LABEL = 60  # characters of a label
LABELS = (2, 20)
MIN_PER_LABEL = 6  # fewer cannot be shared out over three splits
MAX_UNPACKED = 60_000_000  # bytes of an .xlsx after decompression


def N_(message: str) -> str:
    """Marks a message that a page translates later."""
    return message


@dataclass(frozen=True)
class Dataset:
    """Texts and labels in a fixed division. ``language`` ("es" or "en") picks the static vectors to compare with."""

    name: str
    language: str
    train: tuple[Row, ...]
    dev: tuple[Row, ...]
    test: tuple[Row, ...]

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The labels, most frequent first (by name where equal)."""
        counts = Counter(label for _, label in self.rows)
        return tuple(sorted(counts, key=lambda label: (-counts[label], label)))

    @property
    def rows(self) -> tuple[Row, ...]:
        return self.train + self.dev + self.test

    @cached_property
    def key(self) -> str:
        """A fingerprint of every text, label and split, for caches."""
        return hashlib.sha256(repr((self.train, self.dev, self.test)).encode()).hexdigest()[:16]

    def split(self, name: str) -> tuple[list[str], list[int]]:
        """Texts of a split and the numbers of their labels in ``labels``."""
        rows = getattr(self, name)
        return [text for text, _ in rows], [self.labels.index(label) for _, label in rows]

    def only(self, labels: Collection[str]) -> "Dataset":
        """The same set without the texts of other labels."""
        parts = {name: tuple(row for row in getattr(self, name) if row[1] in labels) for name in SPLITS}
        return Dataset(self.name, self.language, **parts)


@dataclass(frozen=True)
class Shipped:
    id: str
    title: str  # Spanish; pages translate it
    language: str


SHIPPED = (
    Shipped("correos", N_("Correos: spam y otras tres etiquetas"), "es"),
    Shipped("resenas", N_("Reseñas: positivas o negativas"), "es"),
    Shipped("afirmaciones", N_("Afirmaciones: ¿se puede comprobar?"), "es"),
    Shipped("mail", N_("Correos en inglés"), "en"),
)


@cache
def load_shipped(name: str) -> Dataset:
    """A set that comes with the app, written for the course.

    Raises:
        Problem: there is none of that name.
    """
    language = next((s.language for s in SHIPPED if s.id == name), None)
    if language is None:
        raise Problem("No hay ningún conjunto «{name}».", name=name)
    return Dataset(name, language, **{split: read_tsv(FOLDER / name / f"{split}.tsv") for split in SPLITS})


def read_tsv(path: Path, text: str = "text", label: str = "label") -> tuple[Row, ...]:
    """Rows of a plain TSV with a heading and no quoting."""
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple((row[text], row[label]) for row in reader)


# A table from a reader: bytes, then cells, then rows that can be used and rows that cannot.


@dataclass(frozen=True)
class Table:
    """The cells of an upload as text. ``lines`` are the row numbers of the file, for messages; ``encoding`` is None
    for a workbook."""

    columns: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    encoding: str | None


@dataclass(frozen=True)
class Checked:
    """``rows`` can be used; ``faults`` pairs the number of each row that cannot with the reason."""

    rows: tuple[Row, ...]
    faults: tuple[tuple[int, Problem], ...]


def read_table(data: bytes, name: str, encoding: str | None = None) -> Table:
    """The cells of an uploaded .csv, .tsv, .txt or .xlsx; the first row is the heading.

    Args:
        encoding: of a text file; None finds it out.

    Raises:
        Problem: too large, empty, not a table, or not in that encoding.
    """
    if len(data) > MAX_BYTES:
        raise Problem(
            "«{name}» pesa {size} MB y el máximo son {limit} MB: quédate con menos filas.",
            name=name,
            size=f"{len(data) / 1e6:.1f}",
            limit=MAX_BYTES // 1_000_000,
        )
    if not data.strip():
        raise Problem("«{name}» está vacío.", name=name)
    if name.lower().endswith(".xlsx"):
        cells, encoding = _workbook(data, name), None
    else:
        text, encoding = decode(data, name, encoding)
        cells = _separated(text, name)
    numbered = [(n, [cell.strip() for cell in row]) for n, row in cells if any(cell.strip() for cell in row)]
    if len(numbered) < 2:
        raise Problem("«{name}» no tiene filas debajo de la cabecera.", name=name)
    if len(numbered) - 1 > MAX_ROWS:
        raise Problem("«{name}» tiene más de {limit} filas, el máximo: quédate con menos.", name=name, limit=MAX_ROWS)
    heading = numbered[0][1]
    if len(heading) < 2:
        raise Problem(
            "En «{name}» solo hay una columna: hacen falta dos, la del texto y la de la etiqueta, separadas por coma, "
            "punto y coma o tabulador.",
            name=name,
        )
    columns = tuple(cell or f"#{n}" for n, cell in enumerate(heading, start=1))
    if len(set(columns)) < len(columns):
        columns = tuple(f"{cell} #{n}" for n, cell in enumerate(columns, start=1))
    body = numbered[1:]
    return Table(columns, tuple(tuple(row) for _, row in body), tuple(n for n, _ in body), encoding)


def decode(data: bytes, name: str, encoding: str | None = None) -> tuple[str, str]:
    """Text and its encoding: UTF-8, UTF-16 with a mark, else cp1252, which holds Latin-1 and is what old Excel writes.

    Bytes that are UTF-8 but for a few broken places come out as U+FFFD there, so that only those rows are lost.

    Raises:
        Problem: binary data, or not what ``encoding`` says.
    """
    if encoding:
        try:
            return data.decode(encoding), encoding
        except (UnicodeDecodeError, LookupError) as error:
            raise Problem("«{name}» no está en {encoding}.", name=name, encoding=encoding) from error
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace"), "utf-16"
    if b"\x00" in data:
        raise Problem("«{name}» no es un archivo de texto: guárdalo como CSV en UTF-8 o como XLSX.", name=name)
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        text = data.decode("utf-8-sig", errors="replace")
    if sum(ord(c) > 127 and c != "\ufffd" for c in text) > text.count("\ufffd"):
        return text, "utf-8"
    try:
        return data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError as error:
        raise Problem("No se reconoce la codificación de «{name}»: guárdalo en UTF-8.", name=name) from error


def guess_columns(table: Table) -> tuple[int, int]:
    """Positions of the columns that look like text (the longest cells) and label (the fewest distinct values)."""
    count = len(table.columns)
    length, distinct = [0.0] * count, [0] * count
    for k in range(count):
        cells = [row[k] for row in table.cells if k < len(row)]
        length[k], distinct[k] = sum(map(len, cells)) / max(len(cells), 1), len(set(cells))
    text = max(range(count), key=length.__getitem__)
    return text, min((k for k in range(count) if k != text), key=distinct.__getitem__)


def check_rows(table: Table, text: int, label: int) -> Checked:
    """Sort out the rows of a table, each fault with its reason; ``check_labels`` says whether the rest will do."""
    rows, faults, seen = [], [], set()
    for line, cells in zip(table.lines, table.cells, strict=True):
        fault = _fault(cells, text, label, len(table.columns), seen)
        if fault:
            faults.append((line, fault))
        else:
            rows.append((cells[text], cells[label]))
            seen.add(_plain(cells[text]))
    return Checked(tuple(rows), tuple(faults))


def check_labels(rows: Sequence[Row]) -> None:
    """Refuse what no classifier can learn from.

    Raises:
        Problem: no rows, one label or too many, or a label with too few texts.
    """
    if not rows:
        raise Problem("Ninguna fila sirve: la lista dice por qué.")
    counts = Counter(label for _, label in rows)
    least, most = LABELS
    if len(counts) < least:
        raise Problem(
            "Hay una sola etiqueta («{label}»): para clasificar hacen falta dos o más.", label=next(iter(counts), "")
        )
    if len(counts) > most:
        raise Problem(
            "Hay {n} etiquetas distintas y el máximo son {most}: ¿es esa la columna de la etiqueta?",
            n=len(counts),
            most=most,
        )
    rare = min(counts, key=counts.__getitem__)
    if counts[rare] < MIN_PER_LABEL:
        raise Problem(
            "La etiqueta «{label}» solo tiene {n} textos y hacen falta {least} por lo menos.",
            label=rare,
            n=counts[rare],
            least=MIN_PER_LABEL,
        )


def divide(rows: Sequence[Row], name: str, language: str, seed: int = 0) -> Dataset:
    """70 % to learn from, 15 % to choose with, 15 % to measure on, each label shared out alike; repeatable."""
    from sklearn.model_selection import train_test_split

    labels = [label for _, label in rows]
    kinds = len(set(labels))
    held = max(2 * kinds, round(0.3 * len(rows)))
    train, rest = train_test_split(list(rows), test_size=held, random_state=seed, stratify=labels)
    dev, test = train_test_split(rest, test_size=0.5, random_state=seed, stratify=[label for _, label in rest])
    return Dataset(name, language, tuple(train), tuple(dev), tuple(test))


def from_hub(
    name: str, *, config: str | None = None, split: str = "train", allowed: Collection[str] | None = None
) -> Table:
    """The first 3,000 rows of a set on the Hugging Face hub, through the ``datasets`` package if it is installed.

    Raises:
        Problem: no such package, not allowed by the host, unknown set, or no network.
    """
    if allowed is not None and name not in allowed:
        raise Problem("Quien administra este sitio no permite el conjunto «{id}».", id=name)
    try:
        import datasets
    except ImportError as error:
        raise Problem("Para traer conjuntos de Hugging Face hay que instalar antes el paquete «datasets».") from error
    try:
        data = datasets.load_dataset(name, config or None, split=split, streaming=True).take(MAX_ROWS)
        kinds = data.features or {}
        rows = list(data)
    except (OSError, ValueError, RuntimeError) as error:  # what the client raises for a wrong name and for no network
        raise Problem("No se pudo traer «{id}» de Hugging Face: {why}", id=name, why=str(error)[:200]) from error
    if not rows:
        raise Problem("«{name}» está vacío.", name=name)
    return hub_table(rows, kinds)


def hub_table(rows: Sequence[Mapping[str, object]], kinds: Mapping[str, object]) -> Table:
    """Rows of a hub set as text, class numbers by their names."""
    columns = tuple(rows[0])

    def cell(row: Mapping[str, object], column: str) -> str:
        value, names = row[column], getattr(kinds.get(column), "names", None)
        return names[value] if names and isinstance(value, int) and 0 <= value < len(names) else str(value)

    cells = tuple(tuple(cell(row, column).strip() for column in columns) for row in rows)
    return Table(columns, cells, tuple(range(1, len(rows) + 1)), None)


def _fault(cells: Sequence[str], text: int, label: int, columns: int, seen: set[str]) -> Problem | None:
    """Why a row cannot be used, or None."""
    if len(cells) <= max(text, label):
        return Problem("tiene {n} columnas y la cabecera {columns}", n=len(cells), columns=columns)
    if not cells[text]:
        return Problem("el texto está vacío")
    if not any(c.isalnum() for c in cells[text]):
        return Problem("el texto no tiene letras ni cifras")
    if "\ufffd" in cells[text] + cells[label]:
        return Problem("tiene letras rotas: la codificación falla ahí")
    if len(cells[text]) > MAX_CHARS:
        return Problem("el texto tiene {n} caracteres y el máximo son {limit}", n=len(cells[text]), limit=MAX_CHARS)
    if not cells[label]:
        return Problem("no tiene etiqueta")
    if len(cells[label]) > MAX_LABEL:
        return Problem("la etiqueta tiene más de {limit} caracteres", limit=MAX_LABEL)
    if _plain(cells[text]) in seen:
        return Problem("el texto ya estaba en otra fila")
    return None


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _separated(text: str, name: str) -> list[tuple[int, list[str]]]:
    """Numbered rows of separated text; the separator is the one that the heading uses most."""
    heading = text.lstrip().partition("\n")[0]
    separator = max("\t,;|", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows = []
    try:
        for row in reader:
            rows.append((reader.line_num, row))
    except csv.Error as error:
        raise Problem(
            "La tabla de «{name}» se rompe cerca de la línea {line}: ¿hay una comilla sin cerrar?",
            name=name,
            line=reader.line_num,
        ) from error
    return rows


def _workbook(data: bytes, name: str) -> list[tuple[int, list[str]]]:
    """Numbered rows of the first sheet of an .xlsx."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        unpacked = sum(entry.file_size for entry in zipfile.ZipFile(io.BytesIO(data)).infolist())
        if unpacked > MAX_UNPACKED:  # a small archive can unpack to gigabytes
            raise Problem("«{name}» pesa demasiado una vez descomprimido.", name=name)
        sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0]
        rows = [
            ["" if cell is None else str(cell) for cell in row]
            for row in sheet.iter_rows(values_only=True, max_row=MAX_ROWS + 2, max_col=50)
        ]
        width = max((n for n, cell in enumerate(rows[0], start=1) if cell), default=0)  # sheets have empty columns
        return [(n, row[:width]) for n, row in enumerate(rows, start=1)]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, OSError) as error:
        raise Problem("«{name}» no es un libro XLSX que se pueda abrir.", name=name) from error

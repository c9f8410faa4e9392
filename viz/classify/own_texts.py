"""A reader's own texts for classification: the cells of a table or of a hub set, and which of their rows will do."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from viz.classify.datasets import Row
from viz.kit.delimited import filled, read_delimited
from viz.kit.encodings import decode
from viz.kit.errors import Problem
from viz.kit.text import clean_text
from viz.kit.workbooks import read_workbook

MAX_BYTES = 2_000_000
MAX_ROWS = 3_000
MAX_CHARS = 2_000  # of a text
MAX_LABEL = 60  # characters of a label


@dataclass(frozen=True)
class Table:
    """The cells of an upload as clean text. ``lines`` are the row numbers of the file, for messages; ``encoding`` is
    None for a workbook."""

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
    """The cells of an uploaded .csv, .tsv, .txt or .xlsx; the first row is the heading. Empty columns are left out.

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
        numbered, encoding = read_workbook(data, name, MAX_ROWS), None
    else:
        text, encoding = decode(data, name, encoding)
        numbered = list(read_delimited(text, name).rows)
    if len(numbered) < 2:
        raise Problem("«{name}» no tiene filas debajo de la cabecera.", name=name)
    if len(numbered) - 1 > MAX_ROWS:
        raise Problem("«{name}» tiene más de {limit} filas, el máximo: quédate con menos.", name=name, limit=MAX_ROWS)
    heading, body = numbered[0][1], numbered[1:]
    used = [k for k, title in enumerate(heading) if title or any(row[k : k + 1] not in ([], [""]) for _, row in body)]
    if len(used) < 2:
        raise Problem(
            "En «{name}» solo hay una columna: hacen falta dos, la del texto y la de la etiqueta, separadas por coma, "
            "punto y coma o tabulador.",
            name=name,
        )
    columns = tuple(heading[k] or f"#{k + 1}" for k in used)
    if len(set(columns)) < len(columns):
        columns = tuple(f"{title} #{n}" for n, title in enumerate(columns, start=1))
    cells = tuple(_chosen(row, used, len(heading)) for _, row in body)
    return Table(columns, cells, tuple(n for n, _ in body), encoding)


def _chosen(row: Sequence[str], used: Sequence[int], width: int) -> tuple[str, ...]:
    """The cells of the used columns, and those beyond the heading, which ``check_rows`` finds fault with."""
    return tuple(row[k] for k in used if k < len(row)) + tuple(row[width : filled(row)])


def guess_columns(table: Table) -> tuple[int, int]:
    """Positions of the columns that look like text (the longest cells) and label (the fewest distinct values, though
    more than one); columns that are mostly empty come last."""
    columns = [[row[k] for row in table.cells if k < len(row) and row[k]] for k in range(len(table.columns))]
    filled_in = [2 * len(cells) >= len(table.cells) for cells in columns]
    length = [(filled_in[k], sum(map(len, cells))) for k, cells in enumerate(columns)]
    text = max(range(len(columns)), key=length.__getitem__)
    distinct = [(not filled_in[k], len(set(cells)) < 2, len(set(cells))) for k, cells in enumerate(columns)]
    return text, min((k for k in range(len(columns)) if k != text), key=distinct.__getitem__)


def check_rows(table: Table, text: int, label: int) -> Checked:
    """Sort out the rows of a table, each fault with its reason; ``check_labels`` says whether the rest will do."""
    rows, faults = [], []
    seen: set[str] = set()
    for line, cells in zip(table.lines, table.cells, strict=True):
        fault = _fault(cells, text, label, len(table.columns), seen)
        if fault:
            faults.append((line, fault))
        else:
            rows.append((cells[text], cells[label]))
            seen.add(_plain(cells[text]))
    return Checked(tuple(rows), tuple(faults))


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
    except Exception as error:  # wrong name, no network, or whatever the parser of the set's own files raises
        raise Problem("No se pudo traer «{id}» de Hugging Face: {why}", id=name, why=str(error)[:200]) from error
    if not rows:
        raise Problem("«{name}» está vacío.", name=name)
    return hub_table(rows, kinds)


def hub_table(rows: Sequence[Mapping[str, object]], kinds: Mapping[str, object]) -> Table:
    """Rows of a hub set as text, class numbers by their names."""
    columns = tuple(rows[0])

    def cell(row: Mapping[str, object], column: str) -> str:
        value, names = row[column], getattr(kinds.get(column), "names", None)
        return names[value] if names and isinstance(value, int) and 0 <= value < len(names) else clean_text(str(value))

    cells = tuple(tuple(cell(row, column).strip() for column in columns) for row in rows)
    return Table(columns, cells, tuple(range(1, len(rows) + 1)), None)


def _fault(cells: Sequence[str], text: int, label: int, columns: int, seen: set[str]) -> Problem | None:
    """Why a row cannot be used, or None."""
    if len(cells) <= max(text, label) or len(cells) > columns:
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

"""Workbooks as people keep them, and as nobody should."""

import io
import time
import zipfile

import openpyxl
import pytest

from viz import Problem
from viz.kit.workbooks import read_workbook


def saved(*rows, merge=()) -> bytes:
    book = openpyxl.Workbook()
    for n, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            book.active.cell(n, column, value)
    for cells in merge:
        book.active.merge_cells(cells)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def test_empty_rows_and_a_title_above_the_heading():
    data = saved((), ("Mis textos",), (), ("texto", "etiqueta"), ("Señal", 1), (), ("An\u0303o", True), merge=["A2:B2"])
    assert read_workbook(data, "x.xlsx", 10) == [(4, ["texto", "etiqueta"]), (5, ["Señal", "1"]), (7, ["Año", "True"])]


def test_a_merged_cell_stands_in_all_its_rows():
    data = saved(("texto", "etiqueta"), ("uno", "a"), ("dos",), ("tres",), ("cuatro", "b"), merge=["B2:B4"])
    assert [row[1] for _, row in read_workbook(data, "x.xlsx", 10)[1:]] == ["a", "a", "a", "b"]


def test_rows_far_below_are_not_lost():
    book = openpyxl.Workbook()
    book.active.append(["texto", "etiqueta"])
    book.active.cell(20_000, 1, "último")
    data = io.BytesIO()
    book.save(data)
    assert read_workbook(data.getvalue(), "x.xlsx", 10)[-1] == (20_000, ["último"])


def changed(data: bytes, inner: str, old: bytes, new: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in archive.namelist():
            content = archive.read(name)
            assert name != inner or old in content
            copy.writestr(name, content.replace(old, new) if name == inner else content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("inner", "old", "new"),
    [
        ("xl/worksheets/sheet1.xml", b"</sheetData>", b""),
        ("xl/worksheets/sheet1.xml", b'<c r="A2"', b'<c r="?2"'),
        ("xl/worksheets/sheet1.xml", b'<row r="2"', b'<row r="x"'),
        ("xl/styles.xml", b"<fonts", b"<fonts x='&lol;'"),
        ("xl/workbook.xml", b"<sheets>", b"<sheets/><x>"),
        ("[Content_Types].xml", b"<Types", b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><Types>&a;"),
    ],
)
def test_a_broken_workbook_gets_a_sentence(inner, old, new):
    data = changed(saved(("texto", "etiqueta"), ("hola", "a")), inner, old, new)
    with pytest.raises(Problem, match="no es un libro XLSX"):
        read_workbook(data, "x.xlsx", 10)


def test_too_many_columns():
    with pytest.raises(Problem, match="columnas"):
        read_workbook(saved(["a"] * 201, ["b"] * 201), "x.xlsx", 10)


def test_a_row_number_far_away_takes_no_minutes():
    data = changed(saved(("a", "b"), ("c", "d")), "xl/worksheets/sheet1.xml", b'<row r="2"', b'<row r="999999999"')
    start = time.process_time()
    assert read_workbook(data, "x.xlsx", 10) == [(1, ["a", "b"])]
    assert time.process_time() - start < 10

"""What leaves as CSV is text in every spreadsheet, and comes back as it was."""

import csv
import io

import pandas as pd
import pytest

from viz.kit.tables import starts_formula, to_csv, undefuse

PAYLOADS = [
    "=1+1",
    "+x",
    "-x",
    "@x",
    "  =1",
    "\n=1",
    "\t=1",
    "\r=1",
    "\u00a0=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "−1",
    "\u200b=1",
    "﹦1",
]


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_no_cell_and_no_heading_starts_a_formula(payload):
    data = to_csv(pd.DataFrame({payload: [payload, "ok"], "n": [-1.5, 2]})).decode("utf-8-sig")
    heading, first, second = csv.reader(io.StringIO(data, newline=""))
    assert heading == [f"'{payload}", "n"] and first == [f"'{payload}", "-1.5"] and second == ["ok", "2.0"]
    assert undefuse(first[0]) == payload and undefuse("'tis") == "'tis"
    assert "-1.5\n" in data  # bare: a number for the spreadsheet


def test_a_semicolon_starts_no_cell():
    """Spanish Excel parts an unquoted line at its semicolons."""
    line = to_csv(pd.DataFrame({"a": ["hola;=1+1"]})).decode("utf-8-sig").splitlines()[1]
    assert [row for row in csv.reader([line], delimiter=";")] == [["hola;=1+1"]]


def test_ordinary_cells_stay():
    assert not any(map(starts_formula, ["", "a=b", "¿-?", "«=»", "1-2", "'=x"]))

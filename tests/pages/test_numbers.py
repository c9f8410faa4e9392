"""Spanish writes 0,61 and 75 %: everything a page shows is looked through."""

import re

import pandas as pd
import pytest

from ui.i18n import compared, decimal, percent, plural
from ui.road import ROAD

# A point between digits, not one of thousands nor of a section of a paper; a percent sign that touches its number.
ENGLISH = re.compile(r"(?<![\d.,])0\.\d|(?<!apartado )(?<![\d.])\d+\.\d(?!\d{2}(?!\d))|\d%")
TEXTS = ("markdown", "caption", "info", "success", "warning", "error", "title", "header", "subheader", "button")


def shown(at):
    for kind in TEXTS:
        for element in at.get(kind):
            yield kind, str(getattr(element, "value", None) or element.label)
    for frame in at.dataframe:
        styled = frame.proto.arrow_data.styler.display_values
        for name, column in frame.value.items():
            if pd.api.types.is_float_dtype(column):
                assert styled, f"{name}: the browser would write the numbers of this column, in English"
            elif name != "Texto":  # those of a data set are as people wrote them
                yield from ((name, cell) for cell in column if isinstance(cell, str))


@pytest.mark.parametrize("stop", ROAD, ids=lambda stop: stop.file)
def test_no_english_number_on_a_spanish_page(visit, stop):
    texts = list(shown(visit(stop.file)))
    assert texts
    assert not [(where, text) for where, text in texts if ENGLISH.search(text)]


@pytest.mark.parametrize(
    ("page", "query"),
    [("attention", {"a_more": "find"}), ("attention", {"a_more": "off", "a_rank": "true"})]
    + [("reading", {"r_view": view}) for view in ("inputs", "layer", "architecture")]
    + [("words", {"w_view": view}) for view in ("analogies", "map", "axis")],
)
def test_nor_in_its_other_views(visit, page, query):
    assert not [(where, text) for where, text in shown(visit(page, **query)) if ENGLISH.search(text)]


def test_what_counts_as_english():
    assert all(ENGLISH.search(x) for x in ("0.354", "coseno 1.5", "75%", "12.34"))
    assert not any(ENGLISH.search(x) for x in ("0,354", "31.000 palabras", "75\u00a0%", "1. Entra", "1.ª"))


def test_helpers():
    assert (decimal(0.354, 3), percent(0.75), percent(0.0753, 1)) == ("0,354", "75\u00a0%", "7,5\u00a0%")
    assert plural(1, "{n} tiene", "{n} tienen") == "1 tiene" and plural(0, "{n} tiene", "{n} tienen") == "0 tienen"
    assert compared(1.04, "{times} más", "{times} menos") == "lo mismo"
    assert compared(0.5, "{times} más", "{times} menos") == "2,0 menos"

"""Every download of every page, in every view, is pressed: what comes down is a file that opens."""

import io
import json
import re
import zipfile
from collections.abc import Iterator

import nbformat
import pandas as pd
import pytest
import streamlit as st
import yaml
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1.element_tree import ButtonGroup

import ui.models
from pages.classify.data import KEPT
from tests.small import small_bert, small_data
from ui.i18n import KEY
from ui.road import ROAD
from viz.model.store import Store

MAX_VIEWS = 9  # a row of more choices than this is words of a sentence, not views


@pytest.fixture
def pressed(monkeypatch):
    """What each download button of the last run would send, by its file name."""
    found: dict[str, object] = {}
    draw = DeltaGenerator.download_button

    def noted(self, label, data, file_name=None, *args, **kwargs):
        found[file_name] = data
        return draw(self, label, data, file_name, *args, **kwargs)

    monkeypatch.setattr(DeltaGenerator, "download_button", noted)
    monkeypatch.setattr(st, "download_button", lambda *args, **kwargs: noted(st._main, *args, **kwargs))
    # AppTest wants the value behind a choice, which the page keeps to itself; a visitor presses what it reads.
    behind = ButtonGroup.formatted_values
    monkeypatch.setattr(
        ButtonGroup,
        "formatted_values",
        property(lambda row: [row.pressed] if hasattr(row, "pressed") else behind.fget(row)),
    )
    return found


def views(at) -> Iterator:
    """The page in each of its views: every choice of every row of choices, and those that appear inside one."""
    yield at
    done: set[tuple[str, str]] = set()
    while True:
        rows = [r for r in at.get("button_group") if r.key not in (None, KEY) and 1 < len(r.options) <= MAX_VIEWS]
        todo = [(row, i) for row in rows for i in range(len(row.options)) if (row.key, row.options[i]) not in done]
        if not todo:
            return
        row, i = todo[0]
        done.add((row.key, row.options[i]))
        if row.proto.click_mode == row.proto.ClickMode.SINGLE_SELECT:
            row.pressed = row.options[i]
            at.run()
            assert not at.exception, (row.key, row.options[i], at.exception)
            yield at


def opens(name: str, data: bytes) -> None:
    kind = name.rsplit(".", 1)[-1]
    if kind == "csv":
        assert len(pd.read_csv(io.BytesIO(data), encoding="utf-8-sig").columns) > 0
    elif kind == "html":
        assert b"<html" in data.lower() and not re.search(rb"<(script|link)[^>]+(src|href)=.?https?:", data)
    elif kind == "ipynb":
        nbformat.validate(nbformat.reads(data.decode(), as_version=4))
    elif kind == "zip":
        assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None
    elif kind == "json":
        json.loads(data)
    elif kind in ("yaml", "yml"):
        assert yaml.safe_load(data)
    else:
        raise AssertionError(f"what is a {kind}?")


@pytest.mark.parametrize("lang", ["es", "en"])
@pytest.mark.parametrize("stop", ROAD, ids=lambda stop: stop.file)
def test_every_download_of_every_view(stop, lang, visit, pressed, monkeypatch):
    if stop.file in ("classify", "features"):  # a small model: nothing here depends on what it learnt
        store = Store(small_bert(layers=4))
        monkeypatch.setattr(ui.models, "open_store", lambda *source: store)
    at = visit(stop.file, lang)
    if stop.file == "classify" and lang == "es":
        at.session_state[f"{KEPT}_own"] = small_data()
        at.selectbox(key="k_set").set_value("own").run()
    seen = set()
    for _ in views(at):
        for name in sorted(set(pressed) - seen):
            data = pressed[name]() if callable(pressed[name]) else pressed[name]
            opens(name, data.encode() if isinstance(data, str) else data)
            seen.add(name)
        if lang == "en":  # one view is enough to see that nothing depends on the language
            break
    assert seen or stop.file in ("home", "masked", "next_sentence") or lang == "en", "no download was found"

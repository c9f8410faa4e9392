"""What nobody foresaw: a sentence in the reader's language, with a number that the log has too."""

import re

import pytest
from streamlit.testing.v1 import AppTest

import viz


def page(lang: str, problem: bool):
    import streamlit as st

    import ui
    import viz

    st.session_state["lang"] = lang
    st.text_input("Texto", "escrito", key="text")
    with ui.section():
        raise viz.Problem("El texto está vacío: escribe al menos una palabra.") if problem else ValueError("raw")
    st.caption("sigue")


@pytest.mark.parametrize(("lang", "sentence"), [("es", "Algo falló"), ("en", "Something failed")])
def test_a_part_that_fails_says_so_and_the_rest_is_drawn(lang, sentence, caplog):
    at = AppTest.from_function(page, args=(lang, False)).run()
    at.text_input(key="text").set_value("lo mío").run()
    assert not at.exception and len(at.error) == 1
    said = at.error[0].value
    number = re.search(r"\d{6}", said)[0]
    assert sentence in said and "raw" not in said and "ValueError" not in said
    record = next(r for r in caplog.records if number in r.getMessage())
    assert record.name == "paloscopio" and record.exc_info[0] is ValueError
    assert at.caption[0].value == "sigue" and at.text_input(key="text").value == "lo mío"


def test_a_problem_is_said_as_what_it_is(caplog):
    at = AppTest.from_function(page, args=("en", True)).run()
    assert "empty" in at.error[0].value and not [r for r in caplog.records if r.name == "paloscopio"]


def test_the_server_hands_what_no_part_caught_to_the_same_place():
    import app
    from ui.errors import show

    assert app.app._on_script_error is show
    assert issubclass(viz.Problem, Exception)

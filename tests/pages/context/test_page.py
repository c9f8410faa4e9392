"""The sense page as a visitor meets it, without a browser."""

import base64
import re
import unicodedata
import zlib

import pytest

from tests.pages.conftest import text
from viz.context.rows import pack

HOSTILE = "</script><img src=x onerror=alert(1)> palo"


@pytest.mark.parametrize("lang, word, static", [("es", "palo", "coseno 1,000"), ("en", "stick", "cosine 1.000")])
def test_opens_with_a_lesson_and_computed_numbers(visit, lang, word, static):
    at = visit("context", lang)
    assert word in text(at) and not at.error
    seen = next(m.value for m in at.markdown if ("Qué se ve" if lang == "es" else "What you see") in m.value)
    assert static in seen and len(re.findall(r"\d+\s?%", seen)) >= 2
    assert at.info, "a question to answer by doing"


def test_english_has_no_spanish_left(visit):
    at = visit("context", "en")
    assert not re.search(r"\b(capa|frase|sentido|palabra)s?\b", text(at)), text(at)


def test_layer_and_view_come_from_the_link(visit):
    at = visit("context", c_layer="3", c_view="Capa por capa")
    assert at.slider(key="c_layer").value == 3 and at.segmented_control(key="c_view").value == "curve"
    assert at.query_params["c_view"] == "curve"


def test_the_chosen_point_is_in_the_link_and_stays_through_the_views(visit):
    at = visit("context", c_view="nearest")
    at.selectbox(key="c_pick").set_value(5).run()
    assert at.query_params["c_pick"] == "5"
    at.segmented_control(key="c_view").set_value("curve").run()
    at.run()
    assert at.session_state["c_pick"] == 5 and at.query_params["c_pick"] == "5"
    for lang in ("es", "en"):
        again = visit("context", lang, c_view="nearest", c_pick="5")
        assert again.selectbox(key="c_pick").value == 5
    assert visit("context", c_view="nearest", c_pick="900").selectbox(key="c_pick").value == 0


def test_a_lesson_of_another_language_keeps_its_sentences(visit):
    at = visit("context", "en", c_lesson="banco", c_vector="sum_all")
    assert at.selectbox(key="c_lesson").value == "own" and at.text_input(key="c_word").value == "banco"
    assert at.selectbox(key="c_vector").value == "sum_all" and at.get("plotly_chart")


@pytest.mark.parametrize("vector", ["layer", "concat_last4"])
def test_every_view_with_a_layer_and_an_option(visit, vector):
    at = visit("context")
    at.selectbox(key="c_vector").set_value(vector).run()
    for view in ("numbers", "curve", "matrix", "nearest"):
        at.segmented_control(key="c_view").set_value(view).run()
        assert not at.exception and not at.error


def test_sentences_from_a_link(visit):
    rows = pack([("Un palo seco.", "a"), ("Otro palo.", "b")])
    at = visit("context", c_lesson_es="Mis frases", c_word="palo", c_rows=rows)
    assert "2 apariciones" in text(at) and not at.error


@pytest.mark.parametrize(
    "rows, word, sentence",
    [
        ([("Nada aquí.", "")], "palo", "Fila 1: no aparece"),
        ([("Nada aquí.", ""), ("Ni aquí.", "")], "palo", "no aparece en ninguna frase"),
        ([("Un palo.", "")], "", "Escribe la palabra"),
        ([("🪵🪵", "")], "🪵", "vocabulario"),
        ([(HOSTILE, ""), ("otro palo", "")], "palo", "2 apariciones"),
        ([("שלום palo עולם", "x"), ("un palo", "y")], "palo", "2 apariciones"),
        ([("Un palo solo.", "")], "palo", "Con una sola aparición"),
        ([("un palo " + "muy " * 300 + "palo", "")], "palo", "letras y caben"),
        ([("Un xyzzyq rojo.", "a"), ("El xyzzyq azul.", "b")], "xyzzyq", "vocabulario"),
        ([(f"el palo {n}", "") for n in range(20)], "palo", "se buscaron grupos"),
    ],
)
def test_odd_tables_get_a_sensible_answer(visit, rows, word, sentence):
    at = visit("context", c_lesson_es="Mis frases", c_word=word, c_rows=pack(rows))
    assert not at.exception
    assert sentence in text(at), text(at)


def packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(raw)).decode()


@pytest.mark.parametrize("lesson", ["own", "palo"])
@pytest.mark.parametrize("rows", ["roto", packed(b"[" * 100_000), packed(b"[1, 2]"), "A" * 7000])
def test_a_broken_link_says_so_and_the_page_goes_on(visit, rows, lesson):
    at = visit("context", c_lesson=lesson, c_word="palo", c_rows=rows)
    assert "enlace" in text(at) and "apariciones" in text(at)


def test_half_a_surrogate_pair_in_a_link_is_read_as_an_unknown_character(visit):
    at = visit(
        "context", c_lesson="own", c_word="palo", c_rows=packed(rb'[["\ud800 palo", "\udfff"], ["Un palo", "x"]]')
    )
    assert "2 apariciones" in text(at) and not at.error


def test_pasted_lines_replace_the_table(visit):
    at = visit("context")
    at.text_area(key="c_paste").set_value("El perro trajo un palo | madera\nEl as de ese palo gana | naipe").run()
    at.button(key="c_use").click().run()
    assert "2 apariciones" in text(at)
    assert at.selectbox(key="c_lesson").value == "own"


@pytest.mark.parametrize("word", ["mango", "Mangos", "el"])
def test_marks_made_for_another_word_claim_nothing_about_this_one(visit, word):
    at = visit("context", c_lesson_es="Mis frases")
    assert "«palo»" in text(at) and not at.error
    at.text_input(key="c_word").set_value(word).run()
    if word != "el":  # which stands in some of those sentences
        assert "no aparece en ninguna frase" in text(at) and not at.get("plotly_chart")


def test_the_lesson_word_in_other_letters_keeps_its_marks(visit):
    at = visit("context", c_lesson_es="Mis frases", c_word="PALO")
    assert "12 apariciones" in text(at) and not at.error


def test_the_table_can_be_emptied(visit):
    at = visit("context", c_lesson_es="Mis frases")
    next(b for b in at.button if b.label == "Vaciar la tabla").click().run()
    assert not at.get("plotly_chart") and "no aparece en ninguna frase" in text(at)


def test_a_choice_goes_with_its_sentences(visit):
    rows = pack([("Un palo seco.", "a"), ("Otro palo.", "b"), ("El palo de golf.", "b")])
    at = visit("context", c_lesson_es="Mis frases", c_word="palo", c_rows=rows, c_view="Vecinas de una frase")
    at.selectbox(key="c_pick").set_value(2).run()
    assert at.session_state["c_pick"] == 2
    at.selectbox(key="c_lesson").set_value("palo").run()
    assert at.selectbox(key="c_pick").value == 0 and at.query_params["c_pick"] == "0"


def test_decomposed_and_invisible_letters_are_the_same_word(visit):
    rows = [(unicodedata.normalize("NFD", "Una canción triste."), "a"), ("La can\u00adción del\u200b verano.", "a")]
    at = visit("context", c_lesson="own", c_word=unicodedata.normalize("NFD", "canción"), c_rows=pack(rows))
    assert "2 apariciones" in text(at) and not at.error and not at.warning


def test_one_is_not_said_as_many(visit):
    rows = [("Un palo seco.", "a"), ("Otro palo.", "a")]
    at = visit("context", c_lesson="own", c_word="palo", c_rows=pack(rows), c_view="nearest")
    assert "Solo hay otra aparición" in text(at)
    rows += [("Palo de golf.", "b"), *((f"Nada {n}.", "") for n in range(6))]
    at = visit("context", c_lesson="own", c_word="palo", c_rows=pack(rows), c_view="nearest")
    assert "1 tiene su mismo sentido" in text(at) and "Y 1 fila más" in text(at)


def test_home_shows_the_picture_in_small(visit):
    for lang in ("es", "en"):
        at = visit("home", lang)
        assert not at.error and len(at.get("plotly_chart")) == 3
        assert len(at.get("page_link")) == 8

import pytest

import viz
from tests.pages.conftest import text
from viz.words.analogy import solve
from viz.words.word_lists import load_word_lists

ENGLISH = {"es": "GloVe en inglés, 6B (50 números)", "en": "GloVe in English, 6B (50 numbers)"}
VIEWS = {
    "es": ["Tiras y vecinas", "Analogías", "Mapa", "Eje y sesgos"],
    "en": ["Strips and neighbours", "Analogies", "Map", "Axis and bias"],
}


@pytest.mark.parametrize("lang", ["es", "en"])
def test_every_view_opens_with_a_lesson(visit, lang):
    for view in VIEWS[lang]:
        at = visit("words", lang, **{f"w_view_{lang}": view, f"w_source_{lang}": ENGLISH[lang]})
        assert not at.error and at.get("plotly_chart"), view
        assert {"es": "Qué se ve", "en": "What you see"}[lang] in text(at) or lang == "en"


def test_the_chapters_analogies_are_one_click_away(visit):
    at = visit("words", "es", w_view_es="Analogías", w_source_es=ENGLISH["es"])
    assert [at.text_input(key=f"w_{x}_en").value for x in "abcd"] == ["stockholm", "sweden", "cairo", "egypt"]
    for n, row in enumerate(load_word_lists("en").featured[:2]):
        at.button(key=f"w_pick_{n}").click().run()
        found = solve(viz.load_static("en"), *row)
        assert [at.text_input(key=f"w_{x}_en").value for x in "abcd"] == list(row)
        assert f"n.º {found.rank} de 400.000" in text(at).replace("\\", "")


def test_palo_is_palo_alto_in_english(visit):
    at = visit("words", "es", w_source_es=ENGLISH["es"], w_words_en="palo, stick")
    first = viz.load_static("en").neighbours("palo", 1)[0][0]
    assert first in text(at)


@pytest.mark.parametrize("words", ["", "😀 ☃", "שלום", "</script><img onerror=1>", "a" * 300, "xqzy " * 50])
def test_hostile_words(visit, words):
    at = visit("words", "es", w_source_es=ENGLISH["es"], w_words_en=words)
    assert at.warning or at.error or at.get("plotly_chart")
    assert "<img" not in text(at).replace("\\<", "")


def test_unknown_words_in_an_analogy_are_named(visit):
    at = visit("words", "es", w_view_es="Analogías", w_source_es=ENGLISH["es"], w_a_en="<b>xqzy")
    assert "xqzy" in at.error[0].value and "<b>" not in at.error[0].value.replace("\\<", "")


def test_batch(visit):
    at = visit("words", "en", w_view_en="Analogies", w_source_en=ENGLISH["en"], w_batch="true")
    lists = load_word_lists("en")
    assert f"of {sum(map(len, lists.analogies.values()))}." in text(at)


def test_an_uploaded_file(visit):
    at = visit("words", "es", w_source_es="Un archivo mío…")
    assert not at.get("plotly_chart")
    lines = "sol 1 0 0\nluna 0.9 0.1 0\nroto x\nagua 0 0 1\n"
    at.file_uploader(key="w_file").upload("mio.vec", lines.encode(), "text/plain").run()
    assert not at.exception and "3" in at.warning[0].value
    at.text_input(key="w_words_es").set_value("sol, luna").run()
    assert "luna" in text(at) and at.get("plotly_chart")

"""The next-sentence page as a visitor meets it, without a browser."""

import re

import pytest

from tests.pages.conftest import text

HOSTILE = ["</script><img src=x onerror=alert(1)>", "שלום עולם", "🎈🎈", "*a* [b](c)", "palabra " * 36]


@pytest.mark.parametrize("lang", ["es", "en"])
def test_every_section_in_its_language(visit, lang):
    at = visit("next_sentence", lang)
    for section in ("pair", "kinds", "order"):
        at.segmented_control(key="ns_section").set_value(section).run()
        assert not at.exception and not at.error and at.info
        seen = next(m.value for m in at.markdown if ("Qué se ve" if lang == "es" else "What you see") in m.value)
        assert re.search(r"\d\s?%", seen)
        assert "RoBERTa" in text(at)
        if lang == "en":
            assert not re.search(r"\b(frase|párrafo|sigue)s?\b", text(at)), text(at)


def test_own_pair_from_the_link(visit, bert):
    at = visit("next_sentence", ns_a="Llueve mucho.", ns_b="Abro el paraguas.")
    expected = bert.next_sentence("Llueve mucho.", "Abro el paraguas.")
    shown = float(at.metric[0].value.rstrip(" %\xa0").replace(",", "."))
    assert shown == pytest.approx(100 * expected, abs=0.06)


def test_a_ready_pair_fills_the_boxes(visit):
    at = visit("next_sentence")
    at.selectbox(key="ns_ready").set_value(4).run()
    assert at.text_area(key="ns_a").value == "El barco salió del puerto antes del amanecer."
    assert at.selectbox(key="ns_ready").value is None, "a menu: the text may be changed afterwards"
    assert not at.exception and not at.error


def test_a_paragraph_is_shuffled_and_ordered(visit):
    at = visit("next_sentence", ns_section="Ordenar un párrafo", ns_lines="Uno.\nDos.\nTres.", ns_seed="4")
    table = at.dataframe[0].value
    assert sorted(table["puesto verdadero"]) == sorted(table["puesto en la baraja"]) == [1, 2, 3]
    assert dict(zip(table["orden de BERT"], table["puesto verdadero"], strict=True)) == {
        "Uno.": 1,
        "Dos.": 2,
        "Tres.": 3,
    }


@pytest.mark.parametrize("bad", HOSTILE)
def test_any_text(visit, bad):
    at = visit("next_sentence", ns_a=bad, ns_b="Y luego llovió.")
    assert not at.exception


def test_clear_errors(visit):
    at = visit("next_sentence")
    at.text_area(key="ns_a").set_value(" ").run()
    assert "vacío" in at.error[0].value
    at.text_area(key="ns_a").set_value("𓀀").run()
    assert "[UNK]" in at.error[0].value and not at.metric
    at.segmented_control(key="ns_section").set_value("order").run()
    at.text_area(key="ns_lines").set_value("Una sola frase.").run()
    assert "entre 2 y 7" in at.error[0].value and not at.exception


def test_what_does_not_fit_is_told(visit):
    at = visit("next_sentence", ns_a="a , " * 70, ns_b="Y luego llovió.")
    assert "se leen 128 piezas" in text(at)
    at = visit("next_sentence", ns_section="order", ns_lines="Uno.\n" + "muy " * 90 + ".")
    assert "La frase 2 tiene" in text(at)


@pytest.mark.parametrize("lang", ["es", "en"])
def test_the_section_comes_from_the_link_whatever_its_language(visit, lang):
    for name in ("kinds", "Los pares de la lección", "The pairs of the lesson"):
        at = visit("next_sentence", lang, ns_section=name)
        assert at.session_state["ns_section"] == "kinds" and at.query_params["ns_section"] == "kinds"


def test_a_model_without_the_head_is_told_apart(visit, monkeypatch):
    from dataclasses import replace

    import ui.models

    current = ui.models.current_model
    monkeypatch.setattr(
        ui.models, "current_model", lambda: replace(current(), abilities=frozenset({"mlm"}), name="mudo")
    )
    at = visit("next_sentence")
    assert "«mudo» no trae la cabeza" in at.error[0].value
    at.toggle(key="ns_embedded").set_value(True).run()
    assert at.metric

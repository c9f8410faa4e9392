"""The page as a reader meets it, without a browser. What the figure shows is tested in tests/viz and tests/browser."""

import re

import pytest

from viz.attention.relations import RELATIONS, TABLE
from viz.kit.paths import EMBEDDED, MODELS


def shown(at):
    return " ".join(m.value for m in (*at.markdown, *at.caption, *at.info, *at.success, *at.warning))


def test_a_lesson_is_on_screen_at_once(visit):
    at = visit("attention")
    assert not at.error
    assert "Qué se ve" in shown(at) and "144 cabezas" in shown(at)
    assert at.dataframe[0].value.shape[0] == 144


@pytest.mark.parametrize("text", ["", "   ", "🙂🙂", "שלום עולם", "</script><img src=x onerror=alert(1)>", "a" * 3000])
def test_odd_texts_are_answered(visit, text):
    at = visit("attention")
    at.text_input(key="a_text").set_value(text).run()
    assert not at.exception
    assert at.error if not text.strip() else not at.error


def test_one_pass_for_each_sentence(visit, monkeypatch):
    import viz

    passes = []
    plain = viz.Model.forward
    monkeypatch.setattr(viz.Model, "forward", lambda self, *a, **k: passes.append(1) or plain(self, *a, **k))
    at = visit("attention")
    passes.clear()
    at.text_input(key="a_text").set_value("Una frase que nadie ha leído aún.").run()
    assert len(passes) == 1
    at.number_input(key="a_layer").set_value(5).run()
    at.segmented_control(key="a_unit").set_value("pieces").run()
    assert len(passes) == 1


def test_heads_off_change_the_answer_and_are_ranked(visit):
    at = visit("attention", a_more="Apagar cabezas")
    everything = [str(layer) for layer in range(1, 13)]
    at.multiselect(key="a_off").set_value(everything).run()
    assert not at.error
    assert "La palabra oculta pasa de" in shown(at)
    at.toggle(key="a_rank").set_value(True).run()
    assert not at.exception and not at.error
    ranking = at.dataframe[0].value
    assert len(ranking) == 10 and ranking["Cambio (nats)"].is_monotonic_decreasing


def test_products_and_exact_numbers_follow_the_chosen_head(visit):
    at = visit("attention", a_more="Consulta · clave", a_layer="4", a_head="7")
    assert "En la capa 4, cabeza 7" in shown(at)
    at.segmented_control(key="a_more").set_value("exact").run()
    table = at.dataframe[0].value
    assert table.iloc[:, 1:].sum(axis=1).tolist() == pytest.approx([1] * len(table), abs=1e-5)


def test_find_a_head(visit):
    at = visit("attention", a_more="Buscar una cabeza")
    if not (MODELS / EMBEDDED / TABLE).is_file():
        assert "benchmarks.heads" in at.error[0].value
        return
    for relation in RELATIONS:
        at.selectbox(key="a_relation").set_value(relation).run()
        assert not at.exception and not at.error
        assert len(at.dataframe[0].value) == 10
        assert at.success or "Ninguna cabeza gana" in shown(at)


def test_the_classic_view_says_why_it_stops(visit):
    at = visit("attention", a_more="Vista clásica")
    assert not at.error
    at.text_input(key="a_text").set_value("palo " * 90).run()
    assert "vista clásica" in at.error[0].value


def test_a_long_text_gets_a_smaller_choice(visit):
    at = visit("attention")
    at.text_input(key="a_text").set_value("palo seco " * 290).run()
    assert not at.exception and "512 piezas" in shown(at)
    at.segmented_control(key="a_part").set_value("layer").run()
    assert not at.exception and not at.error


@pytest.mark.parametrize("section", ["Find a head", "Turn heads off", "Query · key", "Exact numbers", "Classic view"])
def test_every_section_in_english(visit, section):
    at = visit("attention", lang="en", a_more=section)
    assert not at.error and at.session_state["a_more"] != "heads"
    assert "144 heads" in shown(at)
    assert not re.search(r"\b(cabeza|capa|palabra|frase|pieza)s?\b", shown(at))

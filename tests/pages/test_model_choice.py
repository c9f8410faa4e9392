"""Choosing a model from a hub, as a visitor does it in the sidebar."""

import pytest

from tests.hub import Hub
from ui.models import HUB


def choose(at, model_id, revision=""):
    at.selectbox(key="model").set_value(HUB).run()
    at.text_input(key="hub_id").set_value(model_id)
    at.text_input(key="hub_revision").set_value(revision).run()
    at.button(key="hub_find").click().run()
    return at


def test_the_size_is_told_the_bar_runs_and_the_page_uses_the_model(visit, online):
    at = choose(visit("context"), "gente/bert-enano")
    assert any("MB" in caption.value for caption in at.caption)
    assert any("pulsa «Bajar»" in info.value for info in at.info), "nothing comes down unasked"
    at.button(key="hub_fetch").click().run()
    assert not at.exception and not at.error
    assert at.slider(key="c_layer").max == 3
    assert any("enano" in sub.value for sub in at.header)


@pytest.mark.parametrize(
    "model_id, revision, sentence",
    [
        ("gente/nadie", "", "No existe"),
        ("gente/sin-safetensors", "", "safetensors"),
        ("../x", "", "identificador"),
        ("gente/bert-enano", "otra", "no tiene la revisión"),
        ("gente/bert-enano", "../x", "no es una rama"),
    ],
)
def test_refusals_are_sentences(visit, online, model_id, revision, sentence):
    at = choose(visit("context"), model_id, revision)
    assert not at.exception and any(sentence in error.value for error in at.error)
    assert not any(button.key == "hub_fetch" for button in at.button)


def test_what_the_host_forbids_and_the_embedded_model_one_choice_away(visit, online, monkeypatch):
    monkeypatch.setenv("PALOSCOPIO_ALLOWED_MODELS", "otra/cosa")
    at = choose(visit("context"), "gente/bert-enano")
    assert any("no permite" in error.value for error in at.error) and not Hub.asked
    monkeypatch.delenv("PALOSCOPIO_ALLOWED_MODELS")
    monkeypatch.setenv("PALOSCOPIO_MAX_MODEL_MB", "0")
    at.button(key="hub_find").click().run()
    assert any("PALOSCOPIO_MAX_MODEL_MB" in error.value for error in at.error) and not Hub.served
    at.selectbox(key="model").set_value("bert-es-en").run()
    assert not at.error and at.slider(key="c_layer").max == 12


def test_nothing_is_asked_before_a_button(visit, online):
    at = visit("context", model="Otro, de Hugging Face…", hub_id="gente/bert-enano", hub_revision="main")
    assert not at.exception and not Hub.asked
    at.text_input(key="hub_id").set_value("gente/nadie").run()
    assert not Hub.asked and not any(button.key == "hub_fetch" for button in at.button)
    at.text_input(key="hub_id").set_value("gente/bert-enano").run()
    at.button(key="hub_find").click().run()
    assert Hub.asked and not Hub.served, "the size alone"
    at.text_input(key="hub_revision").set_value("").run()
    assert not any(button.key == "hub_fetch" for button in at.button), "what was found is another revision"

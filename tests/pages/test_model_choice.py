"""Choosing a model from a hub, as a visitor does it in the sidebar."""

from ui.models import HUB


def choose(at, model_id):
    at.selectbox(key="model").set_value(HUB).run()
    at.text_input(key="hub_id").set_value(model_id).run()
    return at


def test_the_size_is_told_the_bar_runs_and_the_page_uses_the_model(visit, online):
    at = choose(visit("context"), "gente/bert-enano")
    assert any("MB" in caption.value for caption in at.caption)
    assert any("pulsa «Bajar»" in info.value for info in at.info), "nothing comes down unasked"
    at.button(key="hub_fetch").click().run()
    assert not at.exception and not at.error
    assert at.slider(key="c_layer").max == 3
    assert any("enano" in sub.value for sub in at.subheader)


def test_refusals_are_sentences_and_the_embedded_model_is_one_choice_away(visit, online, monkeypatch):
    at = visit("context")
    for model_id, sentence in [
        ("gente/nadie", "No existe"),
        ("gente/sin-safetensors", "safetensors"),
        ("../x", "identificador"),
    ]:
        choose(at, model_id)
        assert any(sentence in error.value for error in at.error), model_id
    monkeypatch.setenv("PALOSCOPIO_ALLOWED_MODELS", "otra/cosa")
    choose(at, "gente/bert-enano")
    assert any("no permite" in error.value for error in at.error)
    at.selectbox(key="model").set_value("bert-es-en").run()
    assert not at.error and at.slider(key="c_layer").max == 12


def test_a_link_never_starts_a_download(visit, online):
    at = visit("context", model="Otro, de Hugging Face…", hub_id="gente/bert-enano")
    assert not at.exception and at.button(key="hub_fetch")
    assert not any("enano" in sub.value for sub in at.subheader)

"""A link says what was chosen, in no language; older links said it in one."""

import pytest

VIEWS = {
    "reading": ("r_view", "layer", {"r_view_es": "Una capa por dentro", "r_view_en": "Inside a layer"}),
    "words": ("w_view", "axis", {"w_view_es": "Eje y sesgos", "w_view_en": "Axis and bias"}),
    "attention": ("a_more", "find", {"a_more": "Buscar una cabeza"}),
}


@pytest.mark.parametrize("page", VIEWS)
def test_the_address_holds_keys_and_opens_the_same_in_both_languages(visit, page):
    key, chosen, _ = VIEWS[page]
    at = visit(page)
    assert key not in at.query_params, "what is chosen at first is left out"
    at.segmented_control(key=key).set_value(chosen).run()
    assert at.query_params[key] == chosen
    for lang in ("es", "en"):
        again = visit(page, lang, **{key: chosen})
        assert again.segmented_control(key=key).value == chosen and again.query_params[key] == chosen
    at.session_state["lang"] = "en"
    at.run()
    assert at.segmented_control(key=key).value == chosen, "the language alone changes"


@pytest.mark.parametrize(
    ("page", "key", "chosen", "old"),
    [(page, key, chosen, {name: value}) for page, (key, chosen, old) in VIEWS.items() for name, value in old.items()],
)
def test_older_links_hold_labels_of_either_language(visit, page, key, chosen, old):
    for lang in ("es", "en"):
        at = visit(page, lang, **old)
        assert at.segmented_control(key=key).value == chosen and at.query_params[key] == chosen
        assert not any(name.endswith(("_es", "_en")) for name in at.query_params)


def test_what_is_no_choice_opens_the_page_as_it_is_first(visit):
    at = visit("attention", a_more="Nada de esto")
    assert at.segmented_control(key="a_more").value == "heads" and "a_more" not in at.query_params
    at = visit("attention", a_more="off", a_off="la cocina")
    assert at.multiselect(key="a_off").value == ["1"] and "a_off" not in at.query_params
    at.multiselect(key="a_off").set_value([]).run()
    assert at.query_params["a_off"] == ""
    assert visit("attention", a_more="off", a_off="").multiselect(key="a_off").value == []


def test_several_choices_keep_their_keys(visit):
    at = visit("attention", a_more="off", a_off=["toda la capa 2", "layer 3, head 4", "5-6"])
    assert at.multiselect(key="a_off").value == ["2", "3-4", "5-6"]
    assert at.query_params["a_off"] == ["2", "3-4", "5-6"]


def test_text_stays_as_typed_and_follows_the_language_only_while_untouched(visit):
    at = visit("reading")
    spanish = at.text_input(key="r_text").value
    assert "r_text" not in at.query_params
    at.session_state["lang"] = "en"
    at.run()
    assert at.text_input(key="r_text").value != spanish
    typed = "cancio\u0301n de palo"
    at.text_input(key="r_text").set_value(typed).run()
    assert at.query_params["r_text"] == typed and at.text_input(key="r_text").value == typed
    at.session_state["lang"] = "es"
    at.run()
    assert at.text_input(key="r_text").value == typed
    assert any("canción" in option for option in at.selectbox(key="r_word").options), "composed for the model"
    older = visit("reading", "en", r_text_es="El palo")
    assert older.text_input(key="r_text").value == "El palo"

"""A link says what was chosen, in no language; older links said it in one."""

import pytest

VIEWS = {
    "reading": ("r_view", "layer", {"r_view_es": "Una capa por dentro", "r_view_en": "One layer from inside"}),
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

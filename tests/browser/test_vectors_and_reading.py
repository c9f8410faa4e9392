"""The first stops, clicked: an analogy, the inside of a layer, and no page wider than a telephone."""

import pytest
from playwright.sync_api import expect

WAIT = 120_000


def test_an_analogy_by_one_click(server, page):
    page.goto(f"{server}/palabras?lang=en&w_view_en=Analogies")
    main = page.get_by_test_id("stMain")
    main.get_by_role("button", name="man : woman :: king : queen").click(timeout=WAIT)
    expect(main.get_by_text("The sum").first).to_contain_text("king", timeout=WAIT)
    expect(main.locator(".js-plotly-plot").first).to_contain_text("queen", timeout=WAIT)
    expect(main.get_by_label("a is to…")).to_have_value("man")
    page.wait_for_url("**w_c_en=king**", timeout=WAIT)


def test_inside_a_layer(server, page):
    page.goto(f"{server}/lectura?lang=en")
    main = page.get_by_test_id("stMain")
    main.get_by_role("radio", name="Inside a layer").or_(main.get_by_text("Inside a layer", exact=True)).first.click()
    expect(main.get_by_text("OpenAI’s decoder cannot see it").first).to_be_visible(timeout=WAIT)
    expect(main.locator(".js-plotly-plot")).to_have_count(3, timeout=WAIT)
    page.wait_for_url("**r_view=**", timeout=WAIT)


@pytest.mark.parametrize("path", ["palabras", "lectura", "vectores"])
def test_nothing_overflows_on_a_telephone(server, page, path):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server}/{path}?lang=es")
    main = page.get_by_test_id("stMain")
    expect(main.get_by_text("Qué se ve").first).to_be_visible(timeout=WAIT)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert main.evaluate("node => node.scrollWidth <= node.clientWidth")

"""Next sentences in a real browser."""

import re

from playwright.sync_api import expect


def test_a_pair_is_answered_and_kept_in_the_link(page, server):
    page.goto(f"{server}/sigue?lang=es")
    expect(page.get_by_test_id("stMetricValue").first).to_have_text(re.compile("%"))
    box = page.get_by_label("Frase B")
    box.fill("Los gatos duermen de día.")
    box.press("Control+Enter")
    page.wait_for_url(re.compile("ns_b="))
    page.goto(page.url)
    expect(page.get_by_label("Frase B")).to_have_value("Los gatos duermen de día.")
    expect(page.locator("code", has_text="[SEP]")).to_have_count(2)


def test_a_paragraph_is_put_in_order(page, server):
    page.goto(f"{server}/sigue?lang=es")
    page.get_by_text("Ordenar un párrafo", exact=True).click()
    page.wait_for_selector(".st-key-c_chart_ns_order .js-plotly-plot")
    expect(page.get_by_text(re.compile("BERT deja juntas"))).to_be_visible()
    page.get_by_role("button", name="Barajar otra vez").click()
    page.wait_for_url(re.compile("ns_seed="))
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

"""Masked words in a real browser: clicks, keyboard, link."""

import re

from playwright.sync_api import expect

BARS = ".st-key-c_chart_mw_bars_{} .bars .point"


def test_a_click_hides_a_word_and_the_link_keeps_it(page, server):
    page.goto(f"{server}/ocultas?mw_text=El+perro+come+pan.&lang=es")
    expect(page.get_by_text("No hay nada oculto todavía")).to_be_visible()
    page.get_by_role("button", name="perro", exact=True).click()
    page.wait_for_selector(BARS.format(1))
    assert page.locator(BARS.format(1)).count() >= 10
    page.wait_for_url(re.compile("mw_hidden=perro"))
    page.get_by_role("button", name="pan", exact=True).press("Enter")
    page.wait_for_selector(BARS.format(2))
    expect(page.get_by_role("heading", name="Los huecos juntos")).to_be_visible()
    page.goto(page.url)
    page.wait_for_selector(BARS.format(2))


def test_a_ready_sentence_brings_its_gaps(page, server):
    page.goto(f"{server}/ocultas?lang=es")
    page.wait_for_selector(BARS.format(1))
    page.get_by_label("Frases de la lección").click()
    page.get_by_role("option", name=re.compile("La capital de Francia")).click()
    page.wait_for_selector(BARS.format(2))
    page.wait_for_url(re.compile("mw_text=La"))
    page.goto(page.url)
    page.wait_for_selector(BARS.format(2))


def test_the_game_to_its_end_by_keyboard_alone(page, server):
    page.goto(f"{server}/ocultas?lang=es&mw_section=game&mw_seed=3")
    expect(page.get_by_text("Hueco 1 de 10")).to_be_visible()
    page.get_by_label("Tu palabra (y Enter)").focus()
    for n in range(1, 11):
        expect(page.get_by_text(f"Hueco {n} de 10")).to_be_visible()
        # nobody types three letters within the milliseconds in which Streamlit still ends the last run
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        page.keyboard.type("sol")
        page.keyboard.press("Enter")
    expect(page.get_by_text("Para retar a alguien")).to_be_visible()
    metrics = page.get_by_test_id("stMetricValue")
    expect(metrics).to_have_count(2)
    assert all(re.fullmatch(r"\d+ / 20", text) for text in metrics.all_inner_texts())
    link = page.get_by_test_id("stCode").inner_text().strip()
    assert link.startswith(server) and "mw_seed=3" in link
    page.goto(link)
    expect(page.get_by_text("Hueco 1 de 10")).to_be_visible()
    assert page.url.startswith(f"{server}/ocultas")


def test_nothing_overflows_on_a_phone(page, server):
    page.set_viewport_size({"width": 390, "height": 844})
    for section in ("Huecos", "Sorpresa", "Pares+m%C3%ADnimos", "C%C3%B3mo+se+entren%C3%B3"):
        page.goto(f"{server}/ocultas?lang=es&mw_section={section}")
        expect(page.get_by_text("Qué se ve")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390

"""The sense page in a real browser."""

import re

import pytest
from playwright.sync_api import expect

MAP = ".st-key-c_chart_map .js-plotly-plot"
MOVED = "old => document.querySelector('.st-key-c_chart_map .point').getAttribute('transform') != old"


def open_page(page, server, query=""):
    page.goto(f"{server}/contexto{query}")
    page.wait_for_selector(f"{MAP} .point")


def test_the_palo_lesson_is_on_screen(page, server):
    open_page(page, server)
    assert page.locator(f"{MAP} .point").count() == 48
    expect(page.get_by_text("coseno 1,000")).to_be_visible()
    expect(page.get_by_role("table").get_by_text("48 apariciones")).to_be_visible()


def test_a_layer_move_changes_the_picture_the_numbers_and_the_link(page, server):
    open_page(page, server)
    handle = page.get_by_role("slider", name="Capa")
    before = positions(page)
    handle.focus()
    handle.press("Home")
    expect(page.get_by_text("bert-es-en · capa 0")).to_be_visible()
    page.wait_for_url(re.compile("c_layer=0"))
    page.wait_for_function(MOVED, arg=before[0])
    link = page.url
    page.goto(link)
    page.wait_for_selector(f"{MAP} .point")
    expect(page.get_by_text("bert-es-en · capa 0")).to_be_visible()


def test_play_walks_the_layers_and_comes_back(page, server):
    open_page(page, server)
    before = positions(page)
    page.locator(f"{MAP} .updatemenu-button").click()
    page.wait_for_function(MOVED, arg=before[0])
    expect(page.locator(f"{MAP} .gtitle")).to_have_text(re.compile(r"capa \d+"), timeout=20_000)
    page.wait_for_timeout(14 * 800)
    assert positions(page) == before


def test_a_click_on_a_point_lists_its_neighbours(page, server):
    open_page(page, server)
    page.locator(f"{MAP} .point").first.click(force=True)
    expect(page.get_by_text(re.compile("De las 5 más cercanas"))).to_be_visible()


def test_english_and_back(page, server):
    open_page(page, server)
    page.get_by_test_id("stSidebar").get_by_text("English").click()
    expect(page.get_by_role("heading", name="Context matters")).to_be_visible()
    expect(page.get_by_text("cosine 1.000")).to_be_visible()
    page.wait_for_url(re.compile("lang=en"))
    page.get_by_test_id("stSidebar").get_by_text("Español").click()
    expect(page.get_by_role("heading", name="El contexto importa")).to_be_visible()


def test_hostile_text_stays_text(page, server):
    open_page(page, server)
    page.get_by_text("Las frases: cámbialas").click()
    hostile = "</script><img src=x onerror=\"document.title='hacked'\"> palo"
    page.get_by_label("Una frase por línea").fill(f"{hostile} | <b>x</b>\n**palo** [malo](javascript:alert(1)) | y")
    page.get_by_label("Una frase por línea").press("Control+Enter")
    page.get_by_role("button", name="Usar estas frases").click()
    expect(page.get_by_role("table").get_by_text("2 apariciones")).to_be_visible()
    page.get_by_text("Vecinas de una frase").click()
    expect(page.get_by_text("Solo hay otra aparición con la que comparar")).to_be_visible()
    assert page.title() != "hacked" and page.locator("img[src=x]").count() == 0
    assert page.locator("a[href^=javascript]").count() == 0


@pytest.mark.parametrize("path", ["", "contexto"])
@pytest.mark.parametrize("lang", ["es", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_a_telephone(chromium, server, path, lang, scheme):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="es-ES", color_scheme=scheme)
    context.set_default_timeout(120_000)
    page = context.new_page()
    page.goto(f"{server}/{path}?lang={lang}")
    page.wait_for_selector(".js-plotly-plot .point")
    wide = page.evaluate("""() => [...document.querySelectorAll('[data-testid=stMain] *')]
        .filter(e => e.getBoundingClientRect().right > 391 && e.checkVisibility() && !e.closest('svg')
                     && getComputedStyle(e.parentElement).overflowX == 'visible').map(e => e.className).slice(0, 5)""")
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390, wide
    context.close()


def positions(page) -> list[str]:
    return page.eval_on_selector_all(f"{MAP} .point", "points => points.map(p => p.getAttribute('transform'))")

"""The figure in Chromium: hostile tokens stay text, a head opens with a click, the keyboard works, files come out."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from viz.attention.classic import classic_html
from viz.attention.figure import attention_html

HOSTILE = "</script><img src=x onerror=document.body.dataset.hit=1>"


@pytest.fixture(scope="module")
def encoding(bert):
    """«Un palo seco» whose second word reads HOSTILE."""
    encoding = bert.encode("Un palo seco.")[0]
    offsets = [(0, 0) if s else (0, 2) for s in encoding.special]
    offsets[2] = (3, 3 + len(HOSTILE))
    return replace(encoding, text=f"Un {HOSTILE}", offsets=tuple(offsets), words=())


def test_a_hostile_token_is_text_in_our_figure(page, encoding):
    page.set_content(attention_html(encoding, view="head", heads=[0]))
    page.wait_for_selector("html[data-ready]", state="attached")
    page.locator("#twin summary").click()
    assert HOSTILE in page.locator("#twin table").inner_text()
    page.get_by_role("button", name="Mapa").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="SVG").click()
    svg = saved.value.path().read_text("utf-8")
    assert svg.startswith("<svg") and "<img" not in svg and "&#60;" in svg
    assert page.locator("img").count() == 0 and page.evaluate("document.body.dataset.hit") is None


@pytest.mark.parametrize("view", ["head", "model"])
def test_a_hostile_token_is_text_in_the_classic_view(page, encoding, view):
    page.set_content(classic_html(encoding, view))
    page.wait_for_selector("#vis svg line", state="attached")
    if view == "head":
        assert page.locator("#vis text", has_text=HOSTILE).count() == 2
    assert page.locator("img").count() == 0 and page.evaluate("document.body.dataset.hit") is None


def test_a_head_opens_and_a_word_is_isolated(page, bert):
    page.set_content(attention_html(bert.encode("Un palo seco.")[0]))
    page.wait_for_selector("html[data-ready]", state="attached")
    picture, says = page.locator("#picture"), page.locator("#says")
    picture.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert says.inner_text().startswith("Capa 2 · Cabeza 2:")
    page.keyboard.press("Enter")
    assert page.get_by_role("button", name="Cabeza 2").get_attribute("aria-pressed") == "true"
    before = picture.evaluate("c => c.toDataURL()")
    picture.click(position={"x": 100, "y": 26 + 22 * 2})
    assert "→" in says.inner_text() and picture.evaluate("c => c.toDataURL()") != before
    page.keyboard.press("Escape")
    assert picture.evaluate("c => c.toDataURL()") == before


def test_the_numbers_are_those_of_the_model(page, bert):
    encoding = bert.encode("Un palo seco.")[0]
    page.set_content(attention_html(encoding, view="map", layer=3, heads=[5]))
    page.wait_for_selector("html[data-ready]", state="attached")
    page.locator("#picture").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    said = page.locator("#says").inner_text()
    shown = float(said.rsplit(" ", 1)[1].replace(",", "."))
    assert shown == pytest.approx(encoding.attentions[3, 5, 1, 1], abs=0.0011)


def test_the_page_on_a_phone(page, server):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{server}/atencion?lang=es")
    figure = page.frame_locator("iframe").first
    figure.locator("html[data-ready]").wait_for(state="attached", timeout=120_000)
    assert figure.locator("html").evaluate("e => e.scrollWidth <= innerWidth")
    figure.locator("#picture").click(position={"x": 60, "y": 60})
    assert figure.get_by_role("button", name="Cabeza", exact=True).get_attribute("aria-pressed") == "true"
    page.get_by_text("Qué se ve").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_figure_and_the_page_choose_the_same_head(page, server):
    page.goto(f"{server}/atencion?lang=es")
    figure = page.frame_locator("iframe").first
    figure.locator("html[data-ready]").wait_for(state="attached", timeout=120_000)
    figure.locator("#picture").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("spinbutton", name="Capa")).to_have_value("3")
    expect(page.get_by_role("spinbutton", name="Cabeza")).to_have_value("2")
    page.get_by_text("Capa 3, cabeza 2:").first.wait_for()
    page.wait_for_url("**a_layer=3**")
    before = figure.locator("html").get_attribute("data-ready")
    page.get_by_role("spinbutton", name="Capa").fill("7")
    page.keyboard.press("Enter")
    page.get_by_text("Capa 7, cabeza 2:").first.wait_for()
    expect(figure.get_by_role("combobox", name="Capa")).to_have_value("6")
    assert figure.locator("html").get_attribute("data-ready") == before  # the figure was not loaded anew

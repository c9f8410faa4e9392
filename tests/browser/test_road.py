"""A learner walks the whole road by its "next" links, in either language."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import TimeoutError, expect

from tests.browser.conftest import running
from ui import STATIC
from ui.road import ROAD

NEXT = {"es": "Siguiente: ", "en": "Next: "}
WAIT = 120_000  # the first visit opens the model


def follow(page, link, there: str):
    """Click, and again if the page above still grew and moved the link away from under the pointer."""
    for patience in (10_000, 10_000, WAIT):
        link.click()
        try:
            return page.wait_for_url(lambda url: url.split("?")[0] == there, timeout=patience)
        except TimeoutError:
            if patience == WAIT:
                raise


@pytest.mark.parametrize("lang", ["es", "en"])
def test_the_whole_road_by_next_links(server, page, lang):
    page.goto(f"{server}/?lang={lang}")
    main = page.get_by_test_id("stMain")
    titles = []
    for stop, following in pairwise(ROAD):
        # By where it leads: while a page is drawn, the link of the page before it may still be there.
        link = main.get_by_test_id("stPageLink").locator(f"a[href*='{following.path}']").last
        # The first page lists every stop; each of the others names the one that comes after it.
        start = "1. " if stop is ROAD[0] else NEXT[lang]
        expect(link).to_contain_text(start, timeout=WAIT)
        expect(main.get_by_test_id("stException")).to_have_count(0)
        titles.append(link.inner_text().rpartition(start)[2])
        there = f"{server}/{following.path}"
        follow(page, link, there)
        expect(main.locator("h1").first).to_be_visible(timeout=WAIT)
    expect(main.locator("h1")).to_have_text(titles[-1], timeout=WAIT)
    expect(main.get_by_test_id("stException")).to_have_count(0)
    assert len(set(titles)) == len(ROAD) - 1 and f"lang={lang}" in page.url


@pytest.mark.parametrize(("lang", "upload"), [("es", "Subir archivo"), ("en", "Upload")])
def test_the_document_says_its_language_and_its_page(server, page, lang, upload):
    page.goto(f"{server}/lectura?lang={lang}")
    heading = page.get_by_test_id("stMain").locator("h1")
    expect(heading).to_be_visible(timeout=WAIT)
    expect(page.locator("html")).to_have_attribute("lang", lang, timeout=WAIT)
    expect(page).to_have_title(f"{heading.inner_text()} · Paloscopio", timeout=WAIT)
    button = page.get_by_test_id("stFileUploaderDropzone").locator("button")
    expect(button).to_have_accessible_name(re.compile(rf"{upload}$"), timeout=WAIT)


def test_what_no_part_caught_is_a_sentence_and_the_page_stays(page, tmp_path):
    script = tmp_path / "app.py"
    script.write_text(
        "import streamlit as st\nfrom ui.errors import show\n\napp = st.App('main.py', on_script_error=show)\n",
        "utf-8",
    )
    (tmp_path / "main.py").write_text(
        "import streamlit as st\n\nst.session_state['lang'] = 'es'\n"
        "if st.text_input('Texto', 'palo') != 'palo':\n    raise ValueError('raw')\n",
        "utf-8",
    )
    (tmp_path / "static").symlink_to(STATIC)  # the fonts of our theme
    log = tmp_path / "log.txt"
    with running(str(script), log) as address:
        page.goto(address)
        box = page.get_by_role("textbox", name="Texto")
        box.fill("lo mío")
        box.press("Enter")
        said = page.get_by_test_id("stAlert")
        expect(said).to_contain_text("Algo falló", timeout=WAIT)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        expect(box).to_have_value("lo mío")
        number = re.search(r"\d{6}", said.inner_text())[0]
    assert f"Failure {number}" in log.read_text()

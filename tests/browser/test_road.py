"""A learner walks the whole road by its "next" links, in either language."""

import pytest
from playwright.sync_api import expect

from ui.road import ROAD

NEXT = {"es": "Siguiente: ", "en": "Next: "}
WAIT = 120_000  # the first visit opens the model


@pytest.mark.parametrize("lang", ["es", "en"])
def test_the_whole_road_by_next_links(server, page, lang):
    page.goto(f"{server}/?lang={lang}")
    titles = []
    for stop in ROAD:
        main = page.get_by_test_id("stMain")
        here = f"{server}/{stop.path}"
        page.wait_for_url(lambda url, here=here: url.split("?")[0] == here, timeout=WAIT)
        expect(main.locator("h1").first).to_be_visible(timeout=WAIT)
        expect(main.get_by_test_id("stException")).to_have_count(0)
        if stop is ROAD[-1]:
            break
        # The first page lists every stop; each of the others names the one that comes after it.
        start = "1. " if stop is ROAD[0] else NEXT[lang]
        link = main.get_by_test_id("stPageLink").get_by_text(start)
        expect(link).to_be_visible(timeout=WAIT)
        titles.append(link.inner_text().removeprefix(start))
        link.click()
    assert len(set(titles)) == len(ROAD) - 1
    assert f"lang={lang}" in page.url

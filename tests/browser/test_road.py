"""A learner walks the whole road by its "next" links, in either language."""

from itertools import pairwise

import pytest
from playwright.sync_api import TimeoutError, expect

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

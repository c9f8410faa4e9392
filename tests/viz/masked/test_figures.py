"""Pictures of masked words: what they show, and that text from a user stays text."""

import numpy as np
import pytest

from viz.kit import chips, palette
from viz.masked import figures
from viz.next_sentence import figures as next_sentence_figures

EVIL = "</script><img src=x onerror=alert(1)>"


def test_the_hidden_word_joins_the_bars():
    bars = figures.word_bars([("mar", 0.5), ("río", 0.2)], ("lago", 0.01)).data[0]
    assert list(bars.customdata) == ["mar", "río", "lago"] and list(bars.x) == [0.5, 0.2, 0.01]
    assert list(bars.marker.color) == [palette.BLUE, palette.BLUE, palette.GREEN]
    bars = figures.word_bars([("mar", 0.5), ("río", 0.2)], ("río", 0.2)).data[0]
    assert list(bars.marker.color) == [palette.BLUE, palette.GREEN]


def test_pairs_are_judged_or_not():
    judged = figures.pair_bars(["a", "b"], [1.0, -1.0], "x").data[0].marker.color
    assert judged == (palette.GREEN, palette.RED)
    assert palette.RED not in figures.pair_bars(["a", "b"], [1.0, -1.0], "x", judged=False).data[0].marker.color


@pytest.mark.parametrize(
    "html",
    [
        chips.chips([(EVIL, palette.BLUE, EVIL)]),
        figures.surprise_text([(EVIL, EVIL, 3.0)]),
    ],
)
def test_text_cannot_become_markup_in_html(html):
    assert "<img" not in html and "<script" not in html and "&lt;/script&gt;" in html


@pytest.mark.parametrize(
    "figure",
    [
        figures.word_bars([(EVIL, 0.5)], (EVIL, 0.5)),
        figures.surprise_bars([EVIL], {EVIL: [1.0]}, "bits"),
        figures.pair_bars([EVIL], [1.0], "x"),
        next_sentence_figures.dot_rows({EVIL: [(EVIL, 0.5)]}, "x"),
        next_sentence_figures.follow_matrix(np.full((1, 1), 0.5), [EVIL], "a", "b"),
    ],
)
def test_text_cannot_become_markup_in_plotly(figure):
    assert "<img" not in figure.to_json().replace("\\u003c", "<")


def test_more_surprise_is_more_colour():
    strength = [float(chips.tint(palette.ORANGE, x).rsplit(",", 1)[1].rstrip(")")) for x in (0, 0.5, 1, 9)]
    assert strength == sorted(strength) and strength[-1] == strength[-2] < 1

"""The pictures of masked words, read back as numbers (their colours and safety are in test_figures)."""

import re

import pytest

from viz.kit.palette import BLUE, ORANGE
from viz.masked.figures import FULL_BITS, pair_bars, surprise_bars, surprise_text, word_bars


def test_word_bars_say_each_probability_the_first_on_top():
    figure = word_bars([("mar", 0.5), ("", 0.2)], axis="probabilidad")
    assert list(figure.data[0].x) == [0.5, 0.2] and list(figure.data[0].y) == [0, 1]
    assert list(figure.layout.yaxis.ticktext) == ["mar", "␣"]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert list(figure.layout.xaxis.range) == pytest.approx([0, 0.51])


def test_surprise_bars_alone_and_by_twos():
    alone = surprise_bars(["el", "palo"], {"ahora": [1.5, 9]}, "bits")
    assert list(alone.data[0].y) == [1.5, 9] and list(alone.data[0].marker.color) == [1.5, 9]
    assert (alone.data[0].marker.cmin, alone.data[0].marker.cmax) == (0, FULL_BITS) and not alone.layout.showlegend
    both = surprise_bars(["el", "palo"], {"ahora": [1.5, 9], "antes": [2, 3]}, "bits")
    assert [(t.name, list(t.y), t.marker.color) for t in both.data] == [
        ("ahora", [1.5, 9], BLUE),
        ("antes", [2, 3], ORANGE),
    ]
    assert list(both.layout.xaxis.ticktext) == ["el", "palo"] and both.layout.showlegend


def test_pair_bars_keep_sign_and_order():
    figure = pair_bars(["uno", "dos"], [1.25, -0.5], "nats")
    assert list(figure.data[0].x) == [1.25, -0.5] and list(figure.layout.yaxis.ticktext) == ["uno", "dos"]
    assert figure.layout.yaxis.autorange == "reversed"


def test_surprise_text_says_the_bits():
    html = surprise_text([("", "El", 0.0), (" ", "palo", FULL_BITS / 2)])
    assert re.findall(r'title="([\d.]+) bits".*?,([\d.]+)\);[^>]*>(\w+)<', html) == [
        ("0.0", "0.00", "El"),
        ("6.0", "0.38", "palo"),
    ]
    assert "</span> <span" in html

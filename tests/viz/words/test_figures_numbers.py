"""The pictures of words, read back as numbers."""

import numpy as np
import pytest

from viz.kit.palette import BLUE, GREEN, RED
from viz.words.analogy import Analogy
from viz.words.axis import Axis
from viz.words.figures import axis_plot, parallelogram, word_map


def test_each_word_lies_where_it_was_put():
    trace = word_map(np.array([[1.0, 2], [3, 4]]), ["sol", "luna"]).data[0]
    assert list(zip(trace.text, trace.x, trace.y, strict=True)) == [("sol", 1, 2), ("luna", 3, 4)]


def test_words_stand_along_the_axis():
    axis = Axis(
        low="él",
        high="ella",
        ends=(-0.6, 0.7),
        positions=[("rey", -0.4), ("mesa", 0.1)],
        ordinary=(-0.2, 0.15),
        centre=0.0,
    )
    figure = axis_plot(axis, ordinary="las demás")
    *stems, dots = figure.data
    assert list(zip(dots.text, dots.x, dots.y, strict=True)) == [("rey", -0.4, 0), ("mesa", 0.1, 1)]
    assert list(dots.marker.color) == [BLUE, RED] and list(dots.marker.symbol) == ["circle", "square"]
    assert [(list(stem.x), list(stem.y)) for stem in stems] == [([0, -0.4], [0, 0]), ([0, 0.1], [1, 1])]
    band, low, high, zero = figure.layout.shapes
    assert (band.x0, band.x1) == (-0.2, 0.15)
    assert [(line.x0, line.line.color) for line in (low, high)] == [(-0.6, BLUE), (0.7, RED)] and zero.x0 == 0
    assert [note.text for note in figure.layout.annotations] == ["las demás", "él", "ella"]
    assert list(figure.layout.yaxis.ticktext) == ["rey", "mesa"]


POINTS = {
    k: np.array(v, float)
    for k, v in {"a": (0, 0), "b": (1, 0), "c": (0, 2), "sum": (1, 2), "answer": (1.5, 2.5)}.items()
}


def analogy(rank, **more):
    values = {
        "words": ("hombre", "rey", "mujer"),
        "expected": "reina",
        "answers": [("reina" if rank == 1 else "dama", 0.8)],
        "honest": [],
        "rank": rank,
        "honest_rank": rank,
        "cosine": None,
        "points": POINTS | ({"expected": np.array([2.0, 3])} if rank not in (None, 1) else {}),
        "away": {"answer": 0.25},
    }
    return Analogy(**(values | more))


@pytest.mark.parametrize("rank", [1, 3])
def test_two_equal_arrows(rank):
    figure = parallelogram(analogy(rank), total="suma", away="a {distance}")
    arrows = [((n.ax, n.ay), (n.x, n.y)) for n in figure.layout.annotations]
    assert arrows == [((0, 0), (1, 0)), ((0, 2), (1, 2))]
    marks = {trace.text[0]: trace for trace in figure.data if trace.mode == "markers+text"}
    assert {text: (trace.x[0], trace.y[0]) for text, trace in marks.items() if text != "dama"} == {
        "hombre": (0, 0),
        "rey": (1, 0),
        "mujer": (0, 2),
        "suma": (1, 2),
        "reina": (1.5, 2.5) if rank == 1 else (2, 3),
    }
    assert marks["reina"].marker.color == GREEN
    if rank == 3:
        assert marks["dama"].marker.color == RED and (marks["dama"].x[0], marks["dama"].y[0]) == (1.5, 2.5)
        assert "a 0.25" in marks["dama"].hovertemplate
    assert marks["hombre"].textposition == "bottom center" and marks["suma"].textposition == "top center"

"""The pictures of the sense page, read back as numbers."""

import numpy as np
import plotly.graph_objects as go
import pytest

from viz.context.figures.layer_curve import layer_curve
from viz.context.figures.sense_map import sense_map
from viz.context.figures.similarity_matrix import similarity_matrix
from viz.context.occurrences import Occurrence
from viz.kit.palette import COLOURS, PLAIN, SYMBOLS

SENSES = ["b", "a", "", "b", "a"]
TEXTS = ["el palo seco", "un palo", "ese palo", "palo de as", "otro palo largo"]
OCCURRENCES = [
    Occurrence(text, text.index("palo"), text.index("palo") + 4, sense, n)
    for n, (text, sense) in enumerate(zip(TEXTS, SENSES, strict=True))
]


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("shown", [0, 2])
def test_each_occurrence_lies_where_it_was_put(dimensions, shown):
    points = np.random.default_rng(0).normal(size=(3, 5, dimensions))
    figure = sense_map(points, OCCURRENCES, SENSES, shown=shown, unnamed="sin sentido")
    assert [trace.name for trace in figure.data] == ["b", "a", "sin sentido"]
    assert [list(trace.customdata) for trace in figure.data] == [[0, 3], [1, 4], [2]]
    for trace in figure.data:
        for place, i in enumerate(trace.customdata):
            assert [trace[axis][place] for axis in "xyz"[:dimensions]] == points[shown, i].tolist()
            assert TEXTS[i].split("palo")[0].strip() in trace.hovertext[place]
    assert [trace.marker.color for trace in figure.data] == [COLOURS[0], COLOURS[1], PLAIN]
    axis = figure.layout.scene.xaxis if dimensions == 3 else figure.layout.xaxis
    assert -axis.range[0] == axis.range[1] == pytest.approx(1.15 * np.abs(points).max())


def test_a_sense_keeps_its_shape_in_space():
    """Eight senses, and their shapes are those of the plane, all different, all known to the 3-D map."""
    senses = [f"sentido {n}" for n in range(8)]
    occurrences = [Occurrence("palo", 0, 4, sense, n) for n, sense in enumerate(senses)]
    plane, space = (sense_map(np.zeros((1, 8, d)), occurrences, senses) for d in (2, 3))
    shapes = [[trace.marker.symbol for trace in figure.data] for figure in (plane, space)]
    assert shapes[0] == shapes[1] == list(SYMBOLS) and len(set(SYMBOLS)) == 8
    assert isinstance(space.data[0], go.Scatter3d)  # which refuses a shape that it does not know
    assert [trace.marker.color for trace in plane.data] == [trace.marker.color for trace in space.data]


def test_the_chosen_point_is_ringed_and_only_that():
    figure = sense_map(np.zeros((1, 5, 2)), OCCURRENCES, SENSES, chosen=3)
    assert [list(trace.marker.line.width) for trace in figure.data] == [[0.5, 3], [0.5, 0.5], [0.5]]


def test_the_tour_shows_every_layer_and_comes_back():
    points = np.random.default_rng(0).normal(size=(3, 5, 2))
    figure = sense_map(points, OCCURRENCES, SENSES, shown=1, play="▶", frame_name="capa {layer}")
    assert [frame.layout.title.text for frame in figure.frames] == ["capa 0", "capa 1", "capa 2", "capa 1"]
    for frame, layer in zip(figure.frames, (0, 1, 2, 1), strict=True):
        assert list(frame.data[0].x) == points[layer, [0, 3], 0].tolist()
        assert list(frame.data[1].y) == points[layer, [1, 4], 1].tolist()
    assert not sense_map(points[:1], OCCURRENCES, SENSES, play="▶").frames


def test_the_word_is_bold_in_its_sentence():
    figure = sense_map(np.zeros((1, 5, 2)), OCCURRENCES, SENSES)
    assert figure.data[0].hovertext[0] == "<i>b</i><br>el <b>palo</b> seco"


def test_a_matrix_has_the_cosine_of_each_pair_senses_together():
    cosines = np.arange(25.0).reshape(5, 5) / 100
    cosines = (cosines + cosines.T) / 2
    np.fill_diagonal(cosines, 1)
    figure = similarity_matrix(cosines, OCCURRENCES, SENSES, unnamed="sin sentido", cosine="coseno")
    order = [0, 3, 1, 4, 2]
    np.testing.assert_array_equal(figure.data[0].z, cosines[np.ix_(order, order)])
    assert figure.data[0].text[0][4] == "1. el palo seco<br>5. ese palo"
    apart = cosines[~np.eye(5, dtype=bool)]
    assert (figure.data[0].zmin, figure.data[0].zmax) == (pytest.approx(apart.min()), pytest.approx(apart.max()))
    assert list(figure.layout.xaxis.tickvals) == [0.5, 2.5, 4] and figure.layout.xaxis.ticktext == (
        "b",
        "a",
        "sin sentido",
    )
    assert figure.layout.yaxis.tickvals == figure.layout.xaxis.tickvals and figure.layout.yaxis.autorange == "reversed"
    assert sorted(s.y0 for s in figure.layout.shapes if s.y0 == s.y1) == [1.5, 3.5]
    assert sorted(s.x0 for s in figure.layout.shapes if s.x0 == s.x1) == [1.5, 3.5]


def test_one_occurrence_has_a_matrix_too():
    figure = similarity_matrix(np.ones((1, 1)), OCCURRENCES[:1], SENSES[:1])
    assert figure.data[0].zmin < figure.data[0].zmax


def test_a_curve_has_a_point_a_layer_and_levels_across():
    figure = layer_curve(
        {"uno": [0.1, None, 0.3], "dos": [0.4, 0.5, 0.6]},
        {"estático": 0.2, "nada": None, "azar": 0.25},
        chosen=2,
        x_title="capa",
        y_title="acierto",
    )
    assert [(t.name, tuple(t.x), tuple(t.y)) for t in figure.data] == [
        ("uno", (0, 1, 2), (0.1, None, 0.3)),
        ("dos", (0, 1, 2), (0.4, 0.5, 0.6)),
        ("estático", (0, 2), (0.2, 0.2)),
        ("azar", (0, 2), (0.25, 0.25)),
    ]
    assert [t.line.color for t in figure.data[:2]] == list(COLOURS[:2])
    assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].x1) == (2, 2)
    assert not layer_curve({"uno": [1]}, {}, chosen=None, x_title="", y_title="").layout.shapes

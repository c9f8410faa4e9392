"""The pictures of next sentences, read back as numbers."""

import numpy as np

from viz.kit.palette import GREEN, RED, YELLOW
from viz.next_sentence.figures import dot_rows, follow_matrix


def test_each_pair_has_its_dot_in_its_row():
    figure = dot_rows({"sigue": [("a → b", 0.9), ("b → c", 0.8)], "otra": [("a → z", 0.1)], "azar": []}, "probabilidad")
    assert [(t.name, list(t.x), list(t.y), t.marker.color) for t in figure.data] == [
        ("sigue", [0.9, 0.8], ["sigue", "sigue"], GREEN),
        ("otra", [0.1], ["otra"], YELLOW),
        ("azar", [], [], RED),
    ]
    assert list(figure.data[0].customdata) == ["a → b", "b → c"]
    assert figure.layout.yaxis.autorange == "reversed"


def test_the_column_follows_the_row():
    follows = np.array([[np.nan, 0.2], [0.7, np.nan]])
    figure = follow_matrix(follows, ["Uno.", "Dos."], "primera", "después")
    np.testing.assert_array_equal(figure.data[0].z, follows)
    assert list(figure.data[0].x) == list(figure.data[0].y) == ["Uno.", "Dos."]
    assert (figure.layout.yaxis.title.text, figure.layout.xaxis.title.text) == ("primera", "después")
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 1) and figure.layout.yaxis.autorange == "reversed"

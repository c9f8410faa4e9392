"""Vectors as strips, read back as numbers."""

import numpy as np
import pytest

from viz.kit.strip import strip


def test_a_strip_has_each_number_of_each_vector():
    vectors = np.array([[0.5, -1.0, 0.25], [0.0, 2.0, -0.5]])
    figure = strip(vectors, ["palo", "as"])
    heat = figure.data[0]
    np.testing.assert_array_equal(heat.z, vectors)
    assert list(heat.x) == [1, 2, 3] and list(heat.y) == [0, 1]
    assert -heat.zmin == heat.zmax == pytest.approx(np.quantile(np.abs(vectors), 0.98))
    assert list(figure.layout.yaxis.ticktext) == ["palo", "as"] and list(figure.layout.yaxis.range) == [1.5, -0.5]


def test_the_last_strip_marks_where_they_agree():
    figure = strip(np.ones((1, 3)), ["palo"], agree=np.array([0, 0.5, 1]), agree_name="igual")
    marks = figure.data[1].z[0].astype(float)
    assert np.isnan(marks[0]) and marks[1:].tolist() == [0.5, 1]
    assert list(figure.data[1].y) == [1] and list(figure.layout.yaxis.ticktext) == ["palo", "igual"]

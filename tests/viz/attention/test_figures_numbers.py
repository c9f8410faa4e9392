"""The pictures of heads, read back as numbers."""

import numpy as np

from viz.attention.grid import before_after, head_grid, product_map
from viz.kit.palette import COLOURS


def test_a_grid_has_layers_in_rows_and_heads_in_columns_from_one():
    values = np.arange(6.0).reshape(2, 3)
    figure = head_grid(values, name="media", layer="capa", head="cabeza", chosen=(1, 2), top=9)
    heat = figure.data[0]
    np.testing.assert_array_equal(heat.z, values)
    assert list(heat.x) == [1, 2, 3] and list(heat.y) == [1, 2] and (heat.zmin, heat.zmax) == (0, 9)
    ring = figure.layout.shapes[0]
    assert (ring.x0, ring.x1, ring.y0, ring.y1) == (2.5, 3.5, 1.5, 2.5)  # around x = 3, y = 2
    assert figure.layout.yaxis.autorange == "reversed"
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("cabeza", "capa")
    assert heat.hovertemplate.startswith("capa %{y} · cabeza %{x}")
    assert not head_grid(values, name="", layer="", head="").layout.shapes


def test_products_their_sums_and_the_weights():
    products, weights = np.array([[1.0, -3], [0.5, 0.25]]), np.array([0.2, 0.8])
    figure = product_map(products, weights, ["el", "palo"], names=("productos", "suma", "peso"))
    heat, sums, shares = figure.data
    np.testing.assert_array_equal(heat.z, products)
    assert (heat.zmin, heat.zmax) == (-3, 3) and list(heat.x) == [1, 2]
    assert list(sums.x) == [-2, 0.75] and list(shares.x) == [0.2, 0.8]
    assert list(figure.layout.yaxis.ticktext) == ["el", "palo"] and figure.layout.yaxis.autorange == "reversed"
    assert [note.text for note in figure.layout.annotations] == ["productos", "suma", "peso"]


def test_before_comes_first():
    figure = before_after(["mar", "río"], [0.5, None], [0.1, 0.4], names=("antes", "después"))
    assert [(t.name, list(t.x), t.marker.color) for t in figure.data] == [
        ("antes", [0.5, None], COLOURS[0]),
        ("después", [0.1, 0.4], COLOURS[1]),
    ]
    assert list(figure.layout.yaxis.ticktext) == ["mar", "río"]

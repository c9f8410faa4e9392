"""The pictures of the six options, read back as numbers."""

import numpy as np

from viz.features.figures import option_bars, weight_lines
from viz.kit.palette import COLOURS, SYMBOLS


def test_a_bar_an_option_in_the_order_given():
    figure = option_bars(
        {"aquí": [80.0, None], "artículo": [96.0, 95.0]}, ["última", "suma"], "F1", chance=25, chance_name="azar"
    )
    assert [(t.name, list(t.y), list(t.x), t.marker.color) for t in figure.data] == [
        ("aquí", ["última", "suma"], [80, None], COLOURS[0]),
        ("artículo", ["última", "suma"], [96, 95], COLOURS[1]),
    ]
    assert figure.layout.shapes[0].x0 == figure.layout.shapes[0].x1 == 25
    assert figure.layout.annotations[0].text == "azar" and figure.layout.yaxis.autorange == "reversed"
    assert list(figure.layout.xaxis.range) == [0, 108] and figure.layout.showlegend
    alone = option_bars({"aquí": [80.0]}, ["última"], "F1")
    assert not alone.layout.shapes and not alone.layout.showlegend


def test_weights_start_at_layer_one_beside_equal_ones():
    weights = {"sentidos": np.array([0.5, 0.3, 0.2]), "textos": np.array([0.1, 0.1, 0.8])}
    figure = weight_lines(weights, "capa", "peso", "todas igual")
    assert [(t.name, list(t.x), list(t.y)) for t in figure.data] == [
        ("sentidos", [1, 2, 3], [0.5, 0.3, 0.2]),
        ("textos", [1, 2, 3], [0.1, 0.1, 0.8]),
    ]
    assert [t.marker.symbol for t in figure.data] == list(SYMBOLS[:2])
    assert [line.y0 for line in figure.layout.shapes] == [1 / 3]

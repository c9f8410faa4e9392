"""The pictures of the inside of a layer, read back as numbers."""

import numpy as np

from viz.reading.architectures import BERT_BASE, parameters
from viz.reading.figures import COLOURS, attention_bars, masks, parameter_bars, position_map

TOKENS = ["[CLS]", "el", "palo"]
BOTH = np.array([[0.2, 0.3, 0.5], [0.1, 0.6, 0.3], [0.4, 0.4, 0.2]])
CAUSAL = np.array([[1.0, 0.0, 0.0], [0.3, 0.7, 0.0], [0.5, 0.3, 0.2]])


def test_hidden_cells_are_empty_in_the_causal_map_alone():
    figure = masks(BOTH, CAUSAL, TOKENS, ("todas", "solo atrás"))
    left, right = figure.data
    np.testing.assert_array_equal(left.z, BOTH)
    np.testing.assert_array_equal(np.isnan(right.z.astype(float)), np.triu(np.ones((3, 3), bool), 1))
    np.testing.assert_array_equal(right.z[np.tril_indices(3)].astype(float), CAUSAL[np.tril_indices(3)])
    assert list(left.x) == list(left.y) == ["0 [CLS]", "1 el", "2 palo"]
    assert [note.text for note in figure.layout.annotations] == ["todas", "solo atrás"]
    assert left.zmax == right.zmax == 0.7 and left.zmin == right.zmin == 0  # the median of the causal rows' largest
    assert figure.layout.yaxis.autorange == figure.layout.yaxis2.autorange == "reversed"


def test_attention_bars():
    bars = attention_bars(BOTH[1], TOKENS, "peso").data[0]
    assert list(bars.y) == [0.1, 0.6, 0.3] and list(bars.x) == ["0 [CLS]", "1 el", "2 palo"]


def test_the_colours_of_positions_leave_the_diagonal_out():
    cosines = np.array([[1, 0.2, -0.1], [0.2, 1, 0.4], [-0.1, 0.4, 1]])
    heat = position_map(cosines).data[0]
    np.testing.assert_array_equal(heat.z, cosines)
    assert (heat.zmin, heat.zmax) == (-0.1, 0.4)


def test_parts_add_up_to_the_whole_in_millions():
    names = {part: part.upper() for part in COLOURS}
    figure = parameter_bars([BERT_BASE], names, "millones")
    found = {trace.name: trace.x[0] for trace in figure.data}
    assert found == {names[part]: count / 1e6 for part, count in parameters(BERT_BASE).items() if count}
    assert [trace.marker.color for trace in figure.data] == [COLOURS[t.name.lower()] for t in figure.data]
    assert figure.layout.barmode == "stack" and list(figure.data[0].y) == [BERT_BASE.name]

"""Percentages of a figure as Spanish writes them, read back from the figure."""

import numpy as np
import plotly.graph_objects as go

from viz.kit.numbers import SPACE, spaced_percents


def test_shares_in_templates_become_texts_of_their_points():
    bars = go.Bar(x=[0.5, 0.07515, None], y=["a", "b", "c"], hovertemplate="%{y}: %{x:.1%}", texttemplate="%{x:.0%}")
    cells = go.Heatmap(z=[[0.1, 1.0]], hovertemplate="%{x}: %{z:.0%}<extra></extra>")
    figure = go.Figure([bars, cells])
    spaced_percents(figure)
    assert list(figure.data[0].hovertext) == [f"50,0{SPACE}%", f"7,5{SPACE}%", ""]
    assert list(figure.data[0].text) == [f"50{SPACE}%", f"8{SPACE}%", ""]
    assert figure.data[0].hovertemplate == "%{y}: %{hovertext}" and figure.data[0].texttemplate == "%{text}"
    assert np.array_equal(figure.data[1].hovertext, [[f"10{SPACE}%", f"100{SPACE}%"]])
    assert figure.data[0].x[0] == 0.5, "the numbers themselves stay"


def test_what_a_point_already_says_stays_and_its_share_is_found_beside_it():
    bars = go.Bar(x=[1], text=["sí"], customdata=[0.25], texttemplate="%{text}<br>%{customdata:.1%}")
    figure = go.Figure(bars)
    spaced_percents(figure)
    assert figure.data[0].texttemplate == "%{text}<br>%{customdata}"
    assert list(figure.data[0].customdata) == [f"25,0{SPACE}%"] and list(figure.data[0].text) == ["sí"]


def test_ticks_of_percentages_get_an_alias_and_others_none():
    figure = go.Figure(go.Bar(x=[0.1], y=[3]))
    figure.update_xaxes(tickformat=".1%")
    spaced_percents(figure)
    assert figure.layout.xaxis.labelalias["2,5%"] == f"2,5{SPACE}%"
    assert figure.layout.xaxis.labelalias["100%"] == f"100{SPACE}%"
    assert figure.layout.yaxis.labelalias is None

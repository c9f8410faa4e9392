"""Words as points: on a map, and along an axis."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz.axis import Axis
from viz.kit.text import plain

BLUE, RED, GREY = "#4477AA", "#EE6677", "#888888"


def word_map(points: np.ndarray, words: Sequence[str]) -> go.Figure:
    """Labelled points ``(words, 2)``; the axes have no units, so none are drawn."""
    figure = go.Figure(
        go.Scatter(
            x=points[:, 0],
            y=points[:, 1],
            mode="markers+text",
            text=[plain(word) for word in words],
            textposition="top center",
            marker={"size": 8, "color": BLUE},
            hovertemplate="%{text}<extra></extra>",
        )
    )
    figure.update_layout(height=560, margin={"l": 10, "r": 10, "t": 10, "b": 10})
    figure.update_xaxes(showticklabels=False, zeroline=False)
    figure.update_yaxes(showticklabels=False, zeroline=False)
    return figure


def axis_plot(axis: Axis, *, ordinary: str) -> go.Figure:
    """A row a word, from the one nearest ``axis.low`` to the one nearest ``axis.high``; ``ordinary`` names the band."""
    words = [plain(word) for word, _ in axis.positions]
    places = [place for _, place in axis.positions]
    rows = list(range(len(words)))
    figure = go.Figure()
    figure.add_vrect(
        *axis.ordinary,
        fillcolor=GREY,
        opacity=0.18,
        line_width=0,
        layer="below",
        annotation_text=plain(ordinary, 60),
        annotation_position="bottom left",
    )
    for row, place in zip(rows, places, strict=True):
        figure.add_scatter(
            x=[0, place],
            y=[row, row],
            mode="lines",
            hoverinfo="skip",
            showlegend=False,
            line={"color": GREY, "width": 1},
        )
    figure.add_scatter(
        x=places,
        y=rows,
        mode="markers",
        showlegend=False,
        text=words,
        hovertemplate="%{text}: %{x:.3f}<extra></extra>",
        marker={
            "size": 10,
            "color": [BLUE if place < 0 else RED for place in places],
            "symbol": ["circle" if place < 0 else "square" for place in places],
        },
    )
    for name, place, colour in ((axis.low, axis.ends[0], BLUE), (axis.high, axis.ends[1], RED)):
        figure.add_vline(
            place, line={"color": colour, "dash": "dash"}, annotation_text=plain(name), annotation_position="top"
        )
    figure.add_vline(0, line={"color": GREY, "width": 1})
    figure.update_layout(height=22 * len(rows) + 90, margin={"l": 8, "r": 8, "t": 40, "b": 30})
    figure.update_xaxes(zeroline=False)
    figure.update_yaxes(tickvals=rows, ticktext=words, range=[-1.5, len(rows)], showgrid=False, automargin=True)
    return figure

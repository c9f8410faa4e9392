"""Words as points: on a map, and along an axis."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz.kit.palette import BLUE, GREEN, GREY, RED
from viz.kit.text import plain
from viz.words.analogy import Analogy
from viz.words.axis import Axis


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


def parallelogram(analogy: Analogy, *, total: str, away: str) -> go.Figure:
    """Two equal arrows a→b and c→(b − a + c), and where the answers fall.

    Args:
        analogy: what ``viz.analogy.solve`` found.
        total: what to write beside the end of the sum, as "b − a + c".
        away: hover text for a word off the plane, with a ``{distance}`` field.
    """
    points = analogy.points
    a, b, c = (plain(word) for word in analogy.words)
    answer = plain(analogy.answers[0][0])
    figure = go.Figure()
    for start, end, style, colour in (
        ("a", "b", "solid", BLUE),
        ("c", "sum", "solid", BLUE),
        ("a", "c", "dot", GREY),
        ("b", "sum", "dot", GREY),
    ):
        figure.add_scatter(
            x=[points[start][0], points[end][0]],
            y=[points[start][1], points[end][1]],
            mode="lines",
            line={"color": colour, "dash": style, "width": 2},
            hoverinfo="skip",
            showlegend=False,
        )
        if style == "solid":
            figure.add_annotation(
                x=points[end][0],
                y=points[end][1],
                ax=points[start][0],
                ay=points[start][1],
                xref="x",
                yref="y",
                axref="x",
                ayref="y",
                showarrow=True,
                arrowhead=2,
                arrowsize=1.4,
                arrowwidth=2,
                arrowcolor=colour,
                text="",
            )
    marks = [("a", a, BLUE, "circle"), ("b", b, BLUE, "circle"), ("c", c, BLUE, "circle"), ("sum", total, GREY, "x")]
    marks.append(("answer", answer, RED, "diamond"))
    if analogy.rank not in (None, 1):
        marks.append(("expected", plain(analogy.expected), GREEN, "star"))
    elif analogy.rank == 1:
        marks[-1] = ("answer", answer, GREEN, "star")
    middle = sum(point[1] for point in points.values()) / len(points)
    for name, text, colour, symbol in marks:
        hover = f"{text}<br>{away.format(distance=f'{analogy.away[name]:.2f}')}" if name in analogy.away else text
        figure.add_scatter(
            x=[points[name][0]],
            y=[points[name][1]],
            mode="markers+text",
            text=[text],
            showlegend=False,
            textposition="top center" if points[name][1] >= middle else "bottom center",
            marker={"color": colour, "symbol": symbol, "size": 12},
            hovertemplate=hover + "<extra></extra>",
            textfont={"size": 15},
            cliponaxis=False,
        )
    figure.update_layout(height=420, margin={"l": 10, "r": 10, "t": 20, "b": 10})
    low, high = (f([point[0] for point in points.values()]) for f in (min, max))
    room = 0.15 * max(high - low, 0.1)
    figure.update_xaxes(visible=False, range=[low - room, high + room])
    figure.update_yaxes(visible=False, scaleanchor="x")
    return figure

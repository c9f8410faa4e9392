"""The parallelogram of an analogy, in the plane through its three words."""

import plotly.graph_objects as go

from viz.analogy import Analogy
from viz.kit.text import plain

BLUE, RED, GREEN, GREY = "#4477AA", "#EE6677", "#228833", "#888888"


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

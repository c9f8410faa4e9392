"""Every occurrence a point; the layers, if there are several, as frames of one animation on shared axes."""

import textwrap
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz.context.occurrences import Occurrence
from viz.kit.palette import colour, ordered, symbol
from viz.kit.text import escape_html, mark


def sense_map(
    points: np.ndarray,
    occurrences: Sequence[Occurrence],
    senses: Sequence[str],
    *,
    shown: int = 0,
    chosen: int | None = None,
    unnamed: str = "?",
    legend: bool = True,
    play: str | None = None,
    frame_name: str = "{layer}",
    height: int = 460,
) -> go.Figure:
    """A map of occurrences, coloured by sense, the sentence on hover.

    Args:
        points: ``(layers, occurrences, 2 or 3)``.
        senses: of each occurrence; "" is drawn grey and called ``unnamed``.
        shown: which of the layers is on screen.
        chosen: an occurrence to ring.
        play: text of the button that runs through the layers and comes back; None leaves it out.
        frame_name: what the picture says while it runs, with ``{layer}``.
    """
    three = points.shape[2] == 3
    names = ordered(senses)
    hover = [_hover(o, sense or unnamed) for o, sense in zip(occurrences, senses, strict=True)]
    members = [[i for i, sense in enumerate(senses) if sense == name] for name in names]
    size = 12 if len(occurrences) <= 60 else 8
    scatter = go.Scatter3d if three else go.Scatter

    def traces(layer: int) -> list:
        return [
            scatter(
                **dict(zip("xyz", points[layer, rows].T, strict=False)),
                mode="markers",
                name=name or unnamed,
                customdata=rows,
                hovertext=[hover[i] for i in rows],
                hoverinfo="text",
                marker={
                    "color": colour(k, name),
                    "symbol": symbol(k),
                    "size": size / 2 if three else size,
                    "line": {"width": 0.5 if three else [3 if i == chosen else _edge(k) for i in rows]},
                    "opacity": 0.9,
                },
            )
            for k, (name, rows) in enumerate(zip(names, members, strict=True))
        ]

    reach = 1.15 * max(float(np.abs(points).max()), 0.1)
    axis = {"range": [-reach, reach], "showticklabels": False, "zeroline": False, "title": ""}
    figure = go.Figure(traces(shown))
    figure.update_layout(
        height=height,
        showlegend=legend,
        margin={"l": 4, "r": 4, "t": 30, "b": 4},
        legend={"orientation": "h", "yanchor": "top", "y": -0.02, "x": 0},
        hoverlabel={"align": "left"},
        uirevision="map",
    )
    if three:
        figure.update_layout(scene={"xaxis": axis, "yaxis": axis, "zaxis": axis, "aspectmode": "cube"})
    else:
        figure.update_xaxes(axis)
        figure.update_yaxes(axis)
    if play and len(points) > 1:
        tour = [*range(len(points)), shown]
        figure.frames = [
            go.Frame(
                name=str(n),
                data=traces(layer),
                layout={"title": {"text": frame_name.format(layer=layer), "x": 0.98, "xanchor": "right", "y": 0.98}},
            )
            for n, layer in enumerate(tour)
        ]
        step = {"frame": {"duration": 700, "redraw": True}, "transition": {"duration": 500, "easing": "cubic-in-out"}}
        figure.update_layout(
            updatemenus=[
                {
                    "type": "buttons",
                    "showactive": False,
                    "x": 0,
                    "y": 1.0,
                    "xanchor": "left",
                    "yanchor": "bottom",
                    "pad": {"t": 0, "b": 4},
                    "buttons": [{"label": play, "method": "animate", "args": [None, {**step, "fromcurrent": False}]}],
                }
            ]
        )
    return figure


def _edge(position: int) -> float:
    """An open shape is all edge."""
    return 2 if symbol(position).endswith("open") else 0.5


def _hover(occurrence: Occurrence, sense: str) -> str:
    """Sense and sentence, the word in bold, broken into lines of about 44 characters around the word."""
    o = occurrence
    lines, at = [], 0
    for line in textwrap.wrap(o.text, 44, replace_whitespace=False, drop_whitespace=False):
        start, end = max(o.start - at, 0), max(min(o.end - at, len(line)), 0)
        lines.append(mark(line, start, end) if start < len(line) and end > start else escape_html(line))
        at += len(line)
    return f"<i>{escape_html(sense)}</i><br>" + "<br>".join(lines)

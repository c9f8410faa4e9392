"""Cosine of every pair of occurrences, ordered by sense, so that a space that knows senses shows blocks."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from viz.context.occurrences import Occurrence
from viz.kit.palette import ordered
from viz.kit.text import escape_html


def similarity_matrix(
    cosines: np.ndarray,
    occurrences: Sequence[Occurrence],
    senses: Sequence[str],
    *,
    unnamed: str = "?",
    cosine: str = "coseno",
    height: int = 520,
) -> go.Figure:
    """A heat map of ``(occurrences, occurrences)`` cosines; lines part the senses, hover gives both sentences."""
    names = ordered(senses)
    order = sorted(range(len(senses)), key=lambda i: names.index(senses[i]))
    labels = [f"{n + 1}. {_short(occurrences[i].text)}" for n, i in enumerate(order)]
    blocks = [sum(sense == name for sense in senses) for name in names]
    edges = np.cumsum([0, *blocks])
    # A colour scale over the off-diagonal values: the ones of the diagonal would wash everything else out.
    apart = cosines[~np.eye(len(cosines), dtype=bool)]
    low, high = (float(apart.min()), float(apart.max())) if len(apart) else (0.0, 1.0)
    figure = go.Figure(
        go.Heatmap(
            z=cosines[np.ix_(order, order)],
            text=[[f"{labels[r]}<br>{labels[c]}" for c in range(len(order))] for r in range(len(order))],
            hovertemplate="%{text}<br>" + cosine + " %{z:.3f}<extra></extra>",
            colorscale="Cividis",
            zmin=min(low, high - 1e-3),
            zmax=high,
            colorbar={"title": cosine, "thickness": 12},
        )
    )
    for edge in edges[1:-1]:
        for direction in (figure.add_hline, figure.add_vline):
            direction(edge - 0.5, line={"color": "white", "width": 1.5})
    middles = [(a + b - 1) / 2 for a, b in pairwise(edges)]
    ticks = {"tickvals": middles, "ticktext": [_short(name or unnamed, 16) for name in names]}
    figure.update_xaxes(ticks, tickangle=-45, constrain="domain")
    figure.update_yaxes(ticks, autorange="reversed", scaleanchor="x", constrain="domain")
    figure.update_layout(height=height, margin={"l": 4, "r": 4, "t": 10, "b": 4})
    return figure


def _short(text: str, most: int = 60) -> str:
    return escape_html(text if len(text) <= most else text[: most - 1] + "…")

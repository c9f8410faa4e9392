"""Inside one layer: who is looked at, with either mask; and similarity of positions."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from viz.kit.text import plain
from viz.reading.architectures import Architecture, parameters


def masks(both: np.ndarray, causal: np.ndarray, tokens: Sequence[str], titles: tuple[str, str]) -> go.Figure:
    """The same head with both masks: two ``(tokens, tokens)`` maps, rows look at columns, hidden cells empty."""
    figure = make_subplots(1, 2, subplot_titles=[plain(title, 60) for title in titles], horizontal_spacing=0.04)
    labels = [f"{n} {plain(token, 12)}" for n, token in enumerate(tokens)]
    hidden = np.triu(np.ones(causal.shape, dtype=bool), 1)
    for column, weights in ((1, both), (2, np.where(hidden, np.nan, causal))):
        figure.add_heatmap(
            z=weights,
            x=labels,
            y=labels,
            zmin=0,
            zmax=float(max(both.max(), np.median(causal.max(axis=1)))),
            colorscale="Viridis",
            showscale=column == 2,
            colorbar={"thickness": 10},
            hovertemplate="%{y} → %{x}: %{z:.3f}<extra></extra>",
            row=1,
            col=column,
        )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_yaxes(showticklabels=False, col=2)
    figure.update_xaxes(tickangle=-60, showgrid=False)
    figure.update_layout(height=max(300, 18 * len(tokens) + 160), margin={"l": 8, "r": 8, "t": 40, "b": 10})
    return figure


def attention_bars(weights: np.ndarray, tokens: Sequence[str], title: str) -> go.Figure:
    """How one token shares its attention, ``(tokens,)``; the shares sum to 1."""
    labels = [f"{n} {plain(token, 16)}" for n, token in enumerate(tokens)]
    hover = "%{x}: %{y:.3f}<extra></extra>"
    figure = go.Figure(go.Bar(x=labels, y=weights, marker_color="#4477AA", hovertemplate=hover))
    figure.update_layout(height=260, margin={"l": 8, "r": 8, "t": 10, "b": 10})
    figure.update_yaxes(title=title, rangemode="tozero")
    figure.update_xaxes(tickangle=-45)
    return figure


def position_map(cosines: np.ndarray) -> go.Figure:
    """Cosine of every pair of positions, ``(positions, positions)``, counted from 0."""
    apart = cosines[~np.eye(len(cosines), dtype=bool)]
    figure = go.Figure(
        go.Heatmap(
            z=cosines,
            colorscale="Cividis",
            zmin=float(apart.min()),
            zmax=float(apart.max()),
            colorbar={"thickness": 10},
            hovertemplate="%{y} · %{x}: %{z:.2f}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", scaleanchor="x", constrain="domain", showgrid=False)
    figure.update_xaxes(constrain="domain", showgrid=False)
    figure.update_layout(height=420, margin={"l": 8, "r": 8, "t": 10, "b": 10})
    return figure


COLOURS = {
    "embeddings": "#4477AA",
    "attention": "#EE6677",
    "cross_attention": "#AA3377",
    "feed_forward": "#228833",
    "norms": "#CCBB44",
    "pooler": "#66CCEE",
}


def parameter_bars(architectures: Sequence[Architecture], names: dict[str, str], millions: str) -> go.Figure:
    """A bar an architecture, parts stacked; ``names`` says how each part is called, ``millions`` names the axis."""
    figure = go.Figure()
    for part, colour in COLOURS.items():
        counts = [parameters(a)[part] / 1e6 for a in architectures]
        if any(counts):
            figure.add_bar(
                y=[a.name for a in architectures],
                x=counts,
                name=names[part],
                orientation="h",
                marker_color=colour,
                hovertemplate="%{y} · " + names[part] + ": %{x:.2f}<extra></extra>",
            )
    figure.update_layout(
        barmode="stack",
        height=60 * len(architectures) + 130,
        margin={"l": 8, "r": 8, "t": 10, "b": 10},
        legend={"orientation": "h", "y": -0.3, "traceorder": "normal"},
    )
    figure.update_xaxes(title=millions)
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure

"""The six options side by side, and the layers that a task asks for."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from viz.kit.palette import COLOURS, SYMBOLS


def option_bars(
    series: Mapping[str, Sequence[float | None]],
    names: Sequence[str],
    axis: str,
    *,
    chance: float | None = None,
    chance_name: str = "",
) -> go.Figure:
    """A group of bars an option, one bar a series; the axis starts where the smallest bar can still be told apart."""
    figure = go.Figure()
    for n, (label, values) in enumerate(series.items()):
        figure.add_bar(
            y=list(names),
            x=list(values),
            name=label,
            orientation="h",
            marker_color=COLOURS[n],
            texttemplate="%{x:.1f}",
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}<br>" + label + ": %{x:.2f}<extra></extra>",
        )
    if chance is not None:
        figure.add_vline(
            chance, line={"dash": "dot", "color": "#888888"}, annotation_text=chance_name, annotation_position="top"
        )
    height = 34 * len(names) * max(1, len(series)) ** 0.7 + 120
    figure.update_layout(
        barmode="group",
        height=height,
        margin={"l": 8, "r": 30, "t": 20, "b": 10},
        showlegend=len(series) > 1,
        legend={"orientation": "h", "y": -0.25, "traceorder": "normal"},
    )
    figure.update_xaxes(title=axis, range=[0, 108])
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure


def weight_lines(weights: Mapping[str, np.ndarray], layer: str, share: str, equal: str) -> go.Figure:
    """Learned weights ``(layers,)`` of each task, layer 1 first; a dotted line where all would weigh alike."""
    figure = go.Figure()
    for n, (task, values) in enumerate(weights.items()):
        figure.add_scatter(
            x=list(range(1, len(values) + 1)),
            y=list(values),
            name=task,
            mode="lines+markers",
            line={"color": COLOURS[n]},
            marker={"symbol": SYMBOLS[n], "size": 9},
            hovertemplate=task + "<br>%{x}: %{y:.3f}<extra></extra>",
        )
    for count in {len(values) for values in weights.values()}:
        figure.add_hline(1 / count, line={"dash": "dot", "color": "#888888"}, annotation_text=equal)
    figure.update_layout(
        height=340, margin={"l": 8, "r": 8, "t": 10, "b": 10}, showlegend=True, legend={"orientation": "h", "y": -0.25}
    )
    figure.update_xaxes(title=layer, dtick=1)
    figure.update_yaxes(title=share, rangemode="tozero")
    return figure

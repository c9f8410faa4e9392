"""A figure of merit over the layers, beside the static vector and chance."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from viz.kit.palette import COLOURS, PLAIN


def layer_curve(
    curves: Mapping[str, Sequence[float | None]],
    levels: Mapping[str, float | None],
    *,
    chosen: int | None,
    x_title: str,
    y_title: str,
    height: int = 340,
) -> go.Figure:
    """Curves over the layers and horizontal levels to compare them with.

    Args:
        curves: name to one value a layer (None leaves a gap).
        levels: name to a value that no layer changes (the static vector, chance); None is left out.
        chosen: the layer to mark.
    """
    figure = go.Figure()
    for k, (name, values) in enumerate(curves.items()):
        figure.add_scatter(
            x=list(range(len(values))),
            y=list(values),
            name=name,
            mode="lines+markers",
            line={"color": COLOURS[k], "width": 3},
            marker={"size": 8},
        )
    layers = max((len(values) for values in curves.values()), default=1)
    for k, (name, value) in enumerate(levels.items()):
        if value is not None:
            figure.add_scatter(
                x=[0, layers - 1],
                y=[value, value],
                name=name,
                mode="lines",
                line={"color": (COLOURS[5], PLAIN)[k % 2], "dash": ("dash", "dot")[k % 2], "width": 2},
            )
    if chosen is not None:
        figure.add_vline(x=chosen, line={"color": PLAIN, "width": 1})
    figure.update_layout(
        height=height,
        margin={"l": 4, "r": 4, "t": 10, "b": 4},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        hovermode="x unified",
    )
    figure.update_xaxes(title=x_title, dtick=1)
    figure.update_yaxes(title=y_title)
    return figure

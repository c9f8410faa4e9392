"""Architectures side by side: where their parameters are."""

from collections.abc import Sequence

import plotly.graph_objects as go

from viz.architectures import Architecture, parameters

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

"""Pictures of next sentences: dots and a matrix."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz.kit.palette import GREEN, RED, YELLOW
from viz.kit.text import plain


def dot_rows(groups: dict[str, Sequence[tuple[str, float]]], axis: str) -> go.Figure:
    """Probabilities as dots, one row a group; ``groups`` maps a name to ``(label, probability)`` pairs."""
    figure = go.Figure()
    for (name, rows), colour in zip(groups.items(), (GREEN, YELLOW, RED), strict=False):
        figure.add_scatter(
            x=[p for _, p in rows],
            y=[plain(name)] * len(rows),
            mode="markers",
            name=plain(name),
            marker={"color": colour, "size": 14, "opacity": 0.75, "line": {"width": 1, "color": "#555555"}},
            customdata=[plain(label, 90) for label, _ in rows],
            hovertemplate="%{customdata}: %{x:.1%}<extra></extra>",
        )
    figure.update_layout(height=70 * len(groups) + 60, margin={"l": 8, "r": 8, "t": 8, "b": 40}, showlegend=False)
    figure.update_xaxes(range=[-0.02, 1.02], tickformat=".0%", title=axis)
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure


def follow_matrix(follows: np.ndarray, names: Sequence[str], first: str, then: str) -> go.Figure:
    """How probable it is that column follows row: ``(sentences, sentences)``, with no diagonal."""
    labels = [plain(name, 18) for name in names]
    figure = go.Figure(
        go.Heatmap(
            z=follows,
            x=labels,
            y=labels,
            zmin=0,
            zmax=1,
            colorscale="Cividis",
            hoverongaps=False,
            xgap=2,
            ygap=2,
            texttemplate="%{z:.2f}",
            hovertemplate="%{y} → %{x}: %{z:.1%}<extra></extra>",
            colorbar={"thickness": 10},
        )
    )
    figure.update_layout(height=90 + 52 * len(names), margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_xaxes(title=then, automargin=True, showgrid=False, tickangle=-30)
    figure.update_yaxes(title=first, autorange="reversed", automargin=True, showgrid=False)
    return figure

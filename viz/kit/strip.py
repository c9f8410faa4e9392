"""Vectors as strips of coloured cells, one cell a number (the picture of Alammar's "Illustrated BERT")."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz.kit.text import plain

ROW = 46  # pixels a strip


def strip(
    vectors: np.ndarray | Sequence[np.ndarray],
    names: Sequence[str],
    *,
    agree: np.ndarray | None = None,
    agree_name: str = "=",
) -> go.Figure:
    """One strip a vector, one under the other, on one colour scale: blue below zero, red above, white at zero.

    Args:
        vectors: ``(words, dimensions)``.
        names: what to write beside each strip, as plain text; repeated names get their own strip.
        agree: ``(dimensions,)``, False to True or 0 to 1, the cells to mark in a last strip; None leaves it out.
        agree_name: what to write beside the marks.
    """
    vectors = np.asarray(vectors, dtype=np.float32)
    words, dimensions = vectors.shape
    limit = float(np.quantile(np.abs(vectors), 0.98)) or 1.0  # one extreme cell must not bleach all the others
    labels = [plain(name) for name in names]
    figure = go.Figure(
        go.Heatmap(
            z=vectors,
            x=np.arange(1, dimensions + 1),
            y=np.arange(words),
            zmin=-limit,
            zmax=limit,
            colorscale="RdBu_r",
            ygap=6,
            customdata=[[label] * dimensions for label in labels],
            hovertemplate="%{customdata} · %{x}: %{z:.3f}<extra></extra>",
            colorbar={"thickness": 10, "len": 1.0, "nticks": 3},
        )
    )
    rows = list(range(words))
    if agree is not None:
        figure.add_heatmap(
            z=np.where(np.asarray(agree) > 0, agree, np.nan)[None],
            x=np.arange(1, dimensions + 1),
            y=[words],
            zmin=0,
            zmax=1,
            showscale=False,
            colorscale=[[0, "#A7D8B0"], [1, "#116622"]],
            ygap=22,
            hovertemplate="%{x}: %{z:.0%}<extra></extra>",
        )
        rows, labels = [*rows, words], [*labels, plain(agree_name)]
    figure.update_layout(height=ROW * len(rows) + 50, margin={"l": 8, "r": 8, "t": 10, "b": 30})
    figure.update_xaxes(showgrid=False, zeroline=False, nticks=6)
    figure.update_yaxes(
        tickvals=rows, ticktext=labels, range=[len(rows) - 0.5, -0.5], showgrid=False, zeroline=False, automargin=True
    )
    return figure

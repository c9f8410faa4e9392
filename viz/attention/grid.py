"""Pictures of heads: a number each, the products behind a row of weights, and a prediction before and after."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from viz.kit.palette import COLOURS
from viz.kit.text import plain


def head_grid(
    values: np.ndarray,
    *,
    name: str,
    layer: str,
    head: str,
    chosen: tuple[int, int] | None = None,
    top: float | None = None,
) -> go.Figure:
    """A number for each head, ``(layers, heads)``, as a grid of layers by heads counted from 1.

    Args:
        name, layer, head: what to call the number and the axes.
        chosen: ``(layer, head)`` from 0, to ring.
        top: upper end of the colours; None takes the largest value.
    """
    layers, heads = values.shape
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=np.arange(1, heads + 1),
            y=np.arange(1, layers + 1),
            zmin=0,
            zmax=top,
            colorscale="Cividis",
            xgap=2,
            ygap=2,
            colorbar={"thickness": 10, "title": {"text": name, "side": "right"}},
            hovertemplate=f"{layer} %{{y}} · {head} %{{x}}: %{{z:.3f}}<extra></extra>",
        )
    )
    if chosen:
        row, column = chosen
        figure.add_shape(
            type="rect",
            x0=column + 0.5,
            x1=column + 1.5,
            y0=row + 0.5,
            y1=row + 1.5,
            line={"color": COLOURS[1], "width": 3},
        )
    figure.update_layout(height=70 + 28 * layers, margin={"l": 4, "r": 4, "t": 10, "b": 4})
    figure.update_xaxes(title=head, tickmode="linear", dtick=1, showgrid=False, zeroline=False)
    figure.update_yaxes(title=layer, tickmode="linear", dtick=1, autorange="reversed", showgrid=False, zeroline=False)
    return figure


def product_map(products: np.ndarray, weights: np.ndarray, labels: Sequence[str], *, names: Sequence[str]) -> go.Figure:
    """What makes one row of attention: products ``(tokens, dim)`` and the weights ``(tokens,)`` that come of them.

    Args:
        labels: of the tokens, as plain text.
        names: what to call the products, their sum, and the weight.
    """
    tokens, dim = products.shape
    limit = float(np.abs(products).max()) or 1.0
    y = np.arange(tokens)
    figure = make_subplots(
        rows=1,
        cols=3,
        shared_yaxes=True,
        column_widths=[0.56, 0.22, 0.22],
        horizontal_spacing=0.03,
        subplot_titles=list(names),
    )
    figure.add_trace(
        go.Heatmap(
            z=products,
            x=np.arange(1, dim + 1),
            y=y,
            zmin=-limit,
            zmax=limit,
            colorscale="RdBu_r",
            showscale=False,
            hovertemplate="%{x}: %{z:.3f}<extra></extra>",
        ),
        1,
        1,
    )
    for column, values, shown in ((2, products.sum(axis=1), "%{x:.3f}"), (3, weights, "%{x:.3f}")):
        figure.add_trace(
            go.Bar(
                x=values,
                y=y,
                orientation="h",
                marker_color=COLOURS[0],
                showlegend=False,
                hovertemplate=shown + "<extra></extra>",
            ),
            1,
            column,
        )
    figure.update_yaxes(autorange="reversed", showgrid=False, zeroline=False)
    figure.update_yaxes(tickvals=y, ticktext=[plain(label) for label in labels], automargin=True, col=1)
    figure.update_xaxes(nticks=5)
    figure.update_layout(height=90 + 22 * tokens, margin={"l": 4, "r": 8, "t": 40, "b": 30}, bargap=0.25)
    return figure


def before_after(
    words: Sequence[str], before: Sequence[float | None], after: Sequence[float | None], *, names: tuple[str, str]
) -> go.Figure:
    """Probabilities of the same words before and after, as pairs of bars; None draws no bar."""
    shown = [plain(word) for word in words]
    y = np.arange(len(shown))
    figure = go.Figure(
        [
            go.Bar(
                x=values,
                y=y,
                orientation="h",
                name=name,
                marker_color=COLOURS[k],
                hovertemplate="%{x:.2%}<extra>" + name + "</extra>",
            )
            for k, (name, values) in enumerate(zip(names, (before, after), strict=True))
        ]
    )
    figure.update_layout(
        height=90 + 44 * len(shown),
        margin={"l": 4, "r": 8, "t": 30, "b": 4},
        barmode="group",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
    )
    figure.update_yaxes(autorange="reversed", tickvals=y, ticktext=shown, automargin=True, showgrid=False)
    figure.update_xaxes(tickformat=".0%", rangemode="tozero")
    return figure

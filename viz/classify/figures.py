"""The pictures of a classifier: its data, its figures of merit, its training, its last layer, its words."""

import textwrap
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from viz.classify.explain import Explanation
from viz.classify.finetune import Epoch, Step
from viz.classify.softmax import Fit, Softmax
from viz.kit.palette import COLOURS, PLAIN, SYMBOLS
from viz.kit.text import escape_html, plain

MARGIN = {"l": 4, "r": 4, "t": 10, "b": 4}
LEGEND = {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0}
FOR, AGAINST = "68, 119, 170", "238, 102, 119"  # blue and red of the palette, as CSS wants them


def colour(position: int) -> str:
    return COLOURS[position % len(COLOURS)]


def balance(counts: pd.DataFrame, labels: Sequence[str], *, x_title: str) -> go.Figure:
    """Texts of each label in each split: a row a label, a block a split. ``counts`` has columns split, label, texts."""
    figure = go.Figure()
    table = counts.pivot(index="label", columns="split", values="texts")[counts["split"].unique()].loc[list(labels)]
    names = [f"{plain(label)}<br>{' + '.join(map(str, row))}" for label, row in zip(labels, table.values, strict=True)]
    for k, split in enumerate(table.columns):
        figure.add_bar(
            y=names,
            x=table[split],
            name=split,
            orientation="h",
            marker={"opacity": (0.95, 0.65, 0.4)[k % 3]},
            marker_color=[colour(n) for n in range(len(labels))],
        )
    figure.update_layout(barmode="stack", height=90 + 34 * len(labels), margin=MARGIN, showlegend=False)
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_xaxes(title=x_title)
    return figure


def lengths(words: Mapping[str, Sequence[int]], *, x_title: str) -> go.Figure:
    """Words a text, a box a label."""
    figure = go.Figure()
    for k, (label, counts) in enumerate(words.items()):
        figure.add_box(x=list(counts), name=plain(label), marker_color=colour(k), boxpoints=False, showlegend=False)
    figure.update_layout(height=90 + 34 * len(words), margin=MARGIN)
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_xaxes(title=x_title, rangemode="tozero")
    return figure


def text_map(
    points: np.ndarray, texts: Sequence[str], truth: Sequence[int], labels: Sequence[str], *, height: int = 440
) -> go.Figure:
    """A point a text ``(texts, 2)``, coloured and shaped by label; the text on hover."""
    own = np.asarray(truth)
    figure = go.Figure()
    for k, label in enumerate(labels):
        rows = np.flatnonzero(own == k)
        figure.add_scatter(
            x=points[rows, 0],
            y=points[rows, 1],
            mode="markers",
            name=plain(label),
            text=[_wrap(texts[i]) for i in rows.tolist()],
            hovertemplate="%{text}<extra>" + plain(label) + "</extra>",
            marker={"color": colour(k), "symbol": SYMBOLS[k % len(SYMBOLS)], "size": 8, "opacity": 0.8},
        )
    figure.update_layout(height=height, margin=MARGIN, legend=LEGEND)
    figure.update_xaxes(showticklabels=False, zeroline=False, showgrid=False)
    figure.update_yaxes(showticklabels=False, zeroline=False, showgrid=False, scaleanchor="x")
    return figure


def comparison(fits: Mapping[str, Fit], *, x_title: str, chance: float, chance_name: str) -> go.Figure:
    """Test accuracy of each classifier with its 95 % interval, beside what always saying one label would get."""
    figure = go.Figure()
    names = [plain(name, 40) for name in fits]
    values = [fit.score.accuracy for fit in fits.values()]
    low, high = zip(*(fit.score.accuracy_interval for fit in fits.values()), strict=True)
    figure.add_scatter(
        x=values,
        y=names,
        mode="markers",
        showlegend=False,
        marker={"size": 13, "color": [colour(k) for k in range(len(fits))]},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": np.subtract(high, values),
            "arrayminus": np.subtract(values, low),
            "color": PLAIN,
            "thickness": 2,
        },
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
    )
    figure.add_vline(
        chance,
        line={"color": PLAIN, "dash": "dot"},
        annotation_text=plain(chance_name, 40),
        annotation_position="top right",
        annotation_y=1,
        annotation_yanchor="bottom",
    )
    figure.update_layout(height=110 + 44 * len(fits), margin={**MARGIN, "t": 28})
    figure.update_xaxes(title=x_title, tickformat=".0%", range=[0, 1.02])
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure


def confusion(counts: np.ndarray, labels: Sequence[str], *, true: str, predicted: str) -> go.Figure:
    """Texts of each true label (rows) and predicted label (columns); each cell can be clicked.

    The clickable thing is a marker over each cell, at x = predicted and y = true: heat maps take no part in selections.
    """
    names = [plain(label, 16) for label in labels]
    size = len(labels)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = go.Figure(
        go.Heatmap(z=share, zmin=0, zmax=1, colorscale="Cividis", showscale=False, hoverinfo="skip", xgap=2, ygap=2)
    )
    rows, columns = np.divmod(np.arange(size * size), size)
    shade = ["#FFFFFF" if value < 0.55 else "#1B1815" for value in share.ravel()]
    hidden = {"marker": {"opacity": 0}}
    figure.add_scatter(
        x=columns,
        y=rows,
        mode="markers+text",
        text=[str(n) for n in counts.ravel()],
        textfont={"size": 16 if size <= 8 else 11, "color": shade},
        showlegend=False,
        marker={"size": max(14, 44 - 2 * size), "opacity": 0, "symbol": "square"},
        selected=hidden,
        unselected=hidden,
        hovertemplate=[
            f"{true}: {names[r]}<br>{predicted}: {names[c]}<br>%{{text}}<extra></extra>"
            for r, c in zip(rows, columns, strict=True)
        ],
    )
    figure.update_layout(height=160 + 46 * size, margin=MARGIN, clickmode="event+select")
    places = list(range(size))
    figure.update_xaxes(title=predicted, tickvals=places, ticktext=names, range=[-0.5, size - 0.5], showgrid=False)
    figure.update_yaxes(
        title=true, tickvals=places, ticktext=names, range=[size - 0.5, -0.5], showgrid=False, automargin=True
    )
    return figure


def learning_curve(table: pd.DataFrame, names: Mapping[str, str], *, x_title: str, y_title: str) -> go.Figure:
    """Test accuracy against training texts, a line a kind; ``names`` gives the order and what to call each."""
    figure = go.Figure()
    for k, (kind, name) in enumerate(names.items()):
        part = table[table["kind"] == kind]
        figure.add_scatter(
            x=part["texts"],
            y=part["accuracy"],
            name=plain(name, 40),
            mode="lines+markers",
            line={"color": colour(k), "width": 3},
            marker={"size": 8, "symbol": SYMBOLS[k]},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": part["high"] - part["accuracy"],
                "arrayminus": part["accuracy"] - part["low"],
                "color": colour(k),
                "thickness": 1,
            },
            hovertemplate="%{x}: %{y:.1%}",
        )
    figure.update_layout(height=340, margin=MARGIN, legend=LEGEND)
    figure.update_xaxes(title=x_title, type="log", tickvals=sorted(set(table["texts"])))
    figure.update_yaxes(title=y_title, tickformat=".0%")
    return figure


def training(
    steps: Sequence[Step], epochs: Sequence[Epoch], *, loss: str, accuracy: str, x_title: str, planned: float
) -> go.Figure:
    """Loss of each step (left axis) and dev accuracy after each epoch (right axis), over epochs."""
    figure = go.Figure()
    figure.add_scatter(
        x=[s.epoch for s in steps],
        y=[s.loss for s in steps],
        name=loss,
        mode="lines",
        line={"color": colour(0), "width": 2},
        hovertemplate="%{y:.3f}<extra></extra>",
    )
    figure.add_scatter(
        x=[e.epoch for e in epochs],
        y=[e.dev_accuracy for e in epochs],
        name=accuracy,
        mode="lines+markers",
        yaxis="y2",
        line={"color": colour(1), "width": 2, "dash": "dot"},
        marker={"size": 11, "symbol": "square"},
        hovertemplate="%{y:.1%}<extra></extra>",
    )
    figure.update_layout(
        height=340,
        margin=MARGIN,
        legend=LEGEND,
        uirevision="training",
        yaxis2={"overlaying": "y", "side": "right", "range": [0, 1.03], "tickformat": ".0%", "showgrid": False},
    )
    figure.update_xaxes(title=x_title, range=[-0.02 * planned, 1.02 * planned])
    figure.update_yaxes(rangemode="tozero", selector=0)
    return figure


def moved(table: pd.DataFrame, names: Sequence[str], *, x_title: str) -> go.Figure:
    """How far each part of the network went (columns part, change); ``names`` in the rows' order."""
    figure = go.Figure(
        go.Bar(
            y=[plain(name) for name in names],
            x=table["change"],
            orientation="h",
            marker_color=colour(0),
            hovertemplate="%{y}: %{x:.2%}<extra></extra>",
        )
    )
    figure.update_layout(height=80 + 24 * len(table), margin=MARGIN)
    figure.update_xaxes(title=x_title, tickformat=".1%")
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure


def neurons(
    layer: Softmax,
    vector: np.ndarray,
    probabilities: np.ndarray,
    labels: Sequence[str],
    *,
    rest: str,
    bias: str,
    shown: int = 8,
) -> go.Figure:
    """The softmax layer at work on one text: inputs on the left, a neuron a label on the right.

    A line is what one input adds to (blue) or takes from (red) a label's logit: weight times value. The ``shown``
    inputs that matter most have a node of their own; the others are summed in one, and the bias has one.

    Args:
        rest: what to call the other inputs, with ``{n}``.
    """
    added = layer.contributions(vector)  # (labels, features)
    centred = added - added.mean(axis=0)  # softmax does not feel what all labels share
    order = np.argsort(-np.abs(centred).max(axis=0))
    top = order[:shown]
    columns = [added[:, top], added[:, order[shown:]].sum(axis=1)[:, None], layer.bias[:, None]]
    left = [f"x<sub>{i + 1}</sub> = %{{customdata:.2f}}" for i in top] + [rest.format(n=len(order) - len(top)), bias]
    flow = np.hstack(columns)  # (labels, left nodes)
    flow_centred = flow - flow.mean(axis=0)
    widest = max(float(np.abs(flow_centred).max()), 1e-9)
    ys = np.linspace(1, 0, len(left))
    zs = np.linspace(0.92, 0.08, len(labels)) if len(labels) > 1 else [0.5]
    figure = go.Figure()
    for k in range(len(labels)):
        for i in range(len(left)):
            strength = abs(flow_centred[k, i]) / widest
            if strength > 0.02:
                rgb = FOR if flow_centred[k, i] > 0 else AGAINST
                figure.add_scatter(
                    x=[0.0, 1.0],
                    y=[ys[i], zs[k]],
                    mode="lines",
                    showlegend=False,
                    hoverinfo="skip",
                    line={"color": f"rgba({rgb}, {0.25 + 0.65 * strength:.2f})", "width": 0.5 + 7 * strength},
                )
    figure.add_scatter(
        x=[0.0] * len(left),
        y=ys,
        mode="markers+text",
        texttemplate=left,
        textposition="middle left",
        customdata=[*vector[top], 0, 0],
        showlegend=False,
        marker={"size": 12, "color": PLAIN},
        cliponaxis=False,
        textfont={"size": 12},
        hovertext=[
            "<br>".join(f"{plain(label)}: {flow[k, i]:+.2f}" for k, label in enumerate(labels))
            for i in range(len(left))
        ],
        hoverinfo="text",
    )
    figure.add_scatter(
        x=[1.0] * len(labels),
        y=zs,
        mode="markers+text",
        showlegend=False,
        cliponaxis=False,
        text=[plain(label, 18) for label in labels],
        customdata=probabilities,
        texttemplate="%{text}<br>%{customdata:.1%}",
        textposition="middle right",
        textfont={"size": 13},
        marker={"size": [16 + 26 * float(p) for p in probabilities], "color": [colour(k) for k in range(len(labels))]},
        hovertext=[f"logit {flow[k].sum():.2f}" for k in range(len(labels))],
        hoverinfo="text",
    )
    figure.update_layout(height=max(360, 60 + 44 * len(labels)), margin={"l": 0, "r": 0, "t": 10, "b": 10})
    figure.update_xaxes(visible=False, range=[-0.75, 1.75], fixedrange=True)
    figure.update_yaxes(visible=False, range=[-0.1, 1.1], fixedrange=True)
    return figure


def probability_bars(probabilities: Mapping[str, np.ndarray], labels: Sequence[str]) -> go.Figure:
    """A group of bars a label, a bar a text (one or two texts)."""
    figure = go.Figure()
    names = [plain(label) for label in labels]
    for k, (name, values) in enumerate(probabilities.items()):
        figure.add_bar(
            y=names,
            x=values,
            name=plain(name, 40),
            orientation="h",
            texttemplate="%{x:.1%}",
            hoverinfo="skip",
            textposition="outside",
            cliponaxis=False,
            marker_color=[colour(n) for n in range(len(labels))],
            marker_pattern_shape="" if k == 0 else "/",
            showlegend=len(probabilities) > 1,
        )
    figure.update_layout(height=80 + 36 * len(labels) * len(probabilities), margin=MARGIN, legend=LEGEND)
    figure.update_xaxes(range=[0, 1.15], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure


def threshold(table: pd.DataFrame, chosen: float, *, precision: str, recall: str, x_title: str) -> go.Figure:
    """Precision and recall against the threshold."""
    figure = go.Figure()
    for k, (column, name) in enumerate((("precision", precision), ("recall", recall))):
        figure.add_scatter(
            x=table["threshold"],
            y=table[column],
            name=name,
            mode="lines",
            line={"color": colour(k), "width": 3, "dash": ("solid", "dash")[k]},
            hovertemplate="%{y:.1%}",
        )
    figure.add_vline(chosen, line={"color": PLAIN, "width": 2})
    figure.update_layout(height=300, margin=MARGIN, legend=LEGEND, hovermode="x unified")
    figure.update_xaxes(title=x_title, range=[0, 1])
    figure.update_yaxes(range=[0, 1.03], tickformat=".0%")
    return figure


def coloured_words(explanation: Explanation, number: Callable[[float], str]) -> str:
    """The text as safe HTML, each word shaded by its score: blue speaks for the label, red against.

    Args:
        number: how to write a score, for the tooltip and for readers who do not see the colour.
    """
    strongest = max(float(np.abs(explanation.scores).max()), 1e-9)
    parts, at = [], 0
    for word, score in zip(explanation.words, explanation.scores, strict=True):
        parts.append(escape_html(explanation.text[at : word.start]))
        strength = abs(float(score)) / strongest
        rgb = FOR if score > 0 else AGAINST
        style = f"background-color:rgba({rgb},{0.6 * strength:.2f});border-radius:4px;padding:0 2px"
        if score < 0 and strength > 0.2:
            style += f";text-decoration:underline dotted rgb({rgb})"  # colour is not the only sign
        title = escape_html(number(float(score)))
        parts.append(f'<span style="{style}" title="{title}">{escape_html(word.text)}</span>')
        at = word.end
    parts.append(escape_html(explanation.text[at:]))
    return f'<p dir="auto" style="line-height:2;overflow-wrap:anywhere">{"".join(parts)}</p>'


def _wrap(text: str, width: int = 60, most: int = 240) -> str:
    text = text if len(text) <= most else text[: most - 1] + "…"
    return "<br>".join(escape_html(line) for line in textwrap.wrap(text, width)) or " "

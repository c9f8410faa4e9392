"""Pictures of masked words and next sentences: bars, coloured tokens, a matrix."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from viz.kit.chips import tint
from viz.kit.palette import BLUE, GREEN, ORANGE, RED, ROW
from viz.kit.text import escape_html, plain

SURPRISE = [[0, "rgba(187,85,0,0.15)"], [1, ORANGE]]
FULL_BITS = 12  # surprise from which a word is painted in the strongest colour: one chance in 4,096


def word_bars(top: Sequence[tuple[str, float]], truth: tuple[str, float] | None = None, axis: str = "") -> go.Figure:
    """Words and probabilities as horizontal bars, the most probable on top.

    ``truth`` is the hidden word: its bar is green, and it joins the bars where it is not among them.
    """
    rows = list(top)
    if truth and truth[0] not in [word for word, _ in rows]:
        rows.append(truth)
    colours = [GREEN if truth and word == truth[0] else BLUE for word, _ in rows]
    names, values = [plain(word) or "␣" for word, _ in rows], [p for _, p in rows]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=list(range(len(rows))),
            orientation="h",
            marker_color=colours,
            texttemplate="%{x:.1%}",
            textposition="outside",
            cliponaxis=False,
            customdata=names,
            hovertemplate="%{customdata}: %{x:.3%}<extra></extra>",
        )
    )
    figure.update_layout(height=ROW * len(rows) + 60, margin={"l": 8, "r": 56, "t": 8, "b": 36}, bargap=0.25)
    figure.update_xaxes(range=[0, max(values, default=1) * 1.02], tickformat=".2~%", nticks=4, title=axis)
    figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=names, range=[len(rows) - 0.4, -0.6], automargin=True, showgrid=False
    )
    return figure


def surprise_bars(words: Sequence[str], series: Mapping[str, Sequence[float]], axis: str) -> go.Figure:
    """Bits of surprise of each word, in reading order; one group of bars for each name in ``series``."""
    figure = go.Figure()
    alone = len(series) == 1
    for (name, bits), colour in zip(series.items(), (BLUE, ORANGE), strict=False):
        marker = {"color": list(bits), "colorscale": SURPRISE, "cmin": 0, "cmax": FULL_BITS} if alone else colour
        figure.add_bar(
            x=list(range(len(words))),
            y=list(bits),
            name=plain(name),
            marker=marker if alone else {"color": colour},
            customdata=[plain(w) for w in words],
            hovertemplate="%{customdata}: %{y:.1f}<extra></extra>",
        )
    figure.update_layout(
        height=320,
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
        barmode="group",
        bargap=0.2,
        legend={"orientation": "h", "y": 1.12, "x": 0},
        showlegend=not alone,
    )
    figure.update_xaxes(
        tickvals=list(range(len(words))), ticktext=[plain(w, 14) for w in words], tickangle=-45, showgrid=False
    )
    figure.update_yaxes(title=axis, rangemode="tozero")
    return figure


def pair_bars(labels: Sequence[str], differences: Sequence[float], axis: str, judged: bool = True) -> go.Figure:
    """Score of the first sentence minus that of the second; where ``judged``, green is right and red is wrong."""
    colours = [(GREEN if d > 0 else RED) if judged else (BLUE if d > 0 else ORANGE) for d in differences]
    figure = go.Figure(
        go.Bar(
            x=list(differences),
            y=list(range(len(labels))),
            orientation="h",
            marker_color=colours,
            texttemplate="%{x:+.1f}",
            textposition="auto",
            customdata=[plain(x, 60) for x in labels],
            hovertemplate="%{customdata}: %{x:+.2f}<extra></extra>",
        )
    )
    figure.update_layout(height=ROW * len(labels) + 70, margin={"l": 8, "r": 8, "t": 8, "b": 40})
    figure.update_xaxes(title=axis, zeroline=True, zerolinewidth=2)
    figure.update_yaxes(
        tickvals=list(range(len(labels))),
        ticktext=[plain(x) for x in labels],
        autorange="reversed",
        automargin=True,
        showgrid=False,
    )
    return figure


def surprise_text(words: Sequence[tuple[str, str, float]]) -> str:
    """A sentence as HTML, each word the darker the more it surprised: ``(space before, word, bits)``.

    The bits stand in each word's title, so that colour is not the only sign.
    """
    parts = [
        f'{escape_html(space)}<span title="{bits:.1f} bits" style="background:{tint(ORANGE, bits / FULL_BITS)};'
        f'border-radius:4px;padding:2px 1px">{escape_html(word)}</span>'
        for space, word, bits in words
    ]
    return f'<p style="font-size:1.25rem;line-height:2;overflow-wrap:anywhere">{"".join(parts)}</p>'

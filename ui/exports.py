"""What a reader can take away: the figure as PNG or HTML, the data as CSV."""

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ui.i18n import language, t
from viz.kit.numbers import spaced_percents
from viz.kit.tables import to_csv


def chart(figure: go.Figure, key: str, alt: str, **options):
    """A Plotly figure whose toolbar saves a PNG named after its key; ``alt`` says the same in words.

    Its widget key is ``c_chart_<key>``, for selections.
    """
    config = {
        "displaylogo": False,
        "responsive": True,
        "toImageButtonOptions": {"filename": f"paloscopio-{key}", "scale": 2},
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    }
    return st.plotly_chart(_localised(figure), key=f"c_chart_{key}", alt=alt, config=config, **options)


def downloads(
    name: str, table: Callable[[], pd.DataFrame] | None = None, figure: Callable[[], go.Figure] | None = None
) -> None:
    """Buttons for the data (formula-safe CSV) and the figure (one HTML file that needs no network).

    Both are made when they are asked for, not when the page is drawn.
    """
    with st.container(horizontal=True):
        if table is not None:
            st.download_button(
                t("Datos (CSV)"),
                lambda: to_csv(table()),
                f"paloscopio-{name}.csv",
                "text/csv",
                key=f"{name}_csv",
                icon=":material/table:",
                on_click="ignore",
            )
        if figure is not None:
            st.download_button(
                t("Figura (HTML)"),
                lambda: _localised(figure()).to_html(include_plotlyjs=True, full_html=True),
                f"paloscopio-{name}.html",
                "text/html",
                key=f"{name}_html",
                icon=":material/image:",
                on_click="ignore",
                help=t("La figura como PNG: el botón de la cámara, sobre ella."),
            )


def _localised(figure: go.Figure) -> go.Figure:
    """The numbers of a figure as the language writes them, in ticks, labels and hover texts."""
    if language() != "es":
        return figure.update_layout(separators=".,")
    spaced_percents(figure)
    return figure.update_layout(separators=",.")

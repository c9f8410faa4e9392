"""bertviz's own views, for who knows them."""

import streamlit as st

import ui
import viz
from pages.attention.reading import Choice, read
from ui.i18n import t
from viz.attention.classic import LIMITS, classic_html

KINDS = {"head": "head_view", "model": "model_view"}


def draw(choice: Choice) -> None:
    kind = ui.choose(t("Vista de bertviz"), KINDS, "a_classic")
    st.caption(
        t(
            "Las vistas de bertviz (Vig, 2019), sin red y con las piezas escritas como texto. Dibujan una línea por "
            "peso, así que se ofrecen hasta {head} y {model} piezas; más allá el navegador se para. head_view recibe "
            "solo la capa elegida. bertviz numera capas y cabezas desde 0.",
            head=LIMITS["head"],
            model=LIMITS["model"],
        )
    )
    try:
        with st.spinner(t("Preparando la vista de bertviz…")):
            html = _classic(choice.model, choice.text, choice.pair, kind, choice.layer)
    except viz.Problem as problem:
        ui.fail(problem)
        return
    st.iframe(html, height=640, alt=t("Vista clásica de bertviz"))


@ui.cache_data(max_entries=6)
def _classic(model: viz.Model, text: str, pair: str | None, kind: str, layer: int) -> str:
    return classic_html(read(model, text, pair)[0].encoding, kind, layer)

"""What the three questions share."""

import streamlit as st

from ui import t
from ui.exports import chart
from viz.features.figures import weight_lines
from viz.model.layers import OPTIONS


def option_names() -> list[str]:
    return [t(option.label) for option in OPTIONS]


def best_options(figures: dict[str, float]) -> tuple[str, float]:
    """The option of the highest figure and that figure; the first one on a tie."""
    best = max(figures, key=figures.__getitem__)
    return next(t(option.label) for option in OPTIONS if option.id == best), figures[best]


def show_weights(key: str, weights: dict) -> None:
    st.markdown("**" + t("Qué capas pide cada tarea") + "**")
    st.caption(
        t(
            "Pesos aprendidos de la suma de todas las capas: un softmax s sobre las capas y una escala γ, como en ELMo "
            "(Peters y otros, 2018)."
        )
    )
    chart(
        weight_lines(weights, t("capa"), t("peso"), t("iguales")),
        key,
        t("Peso aprendido de cada capa, una línea por tarea"),
    )

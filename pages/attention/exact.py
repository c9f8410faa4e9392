"""The numbers of one head as the model gave them, none rounded."""

import pandas as pd
import streamlit as st

import ui
from pages.attention.reading import Choice, distinct
from ui.exports import downloads
from ui.i18n import t
from viz.attention.weights import attentions_of, norm_weights, rollout, units


def draw(choice: Choice) -> None:
    weights = {
        "raw": lambda: None,
        "norms": lambda: norm_weights(choice.reading),
        "rollout": lambda: rollout(attentions_of(choice.encoding)),
    }[choice.kind]()
    shown = units(choice.encoding, weights, choice.words)
    names = distinct(shown.labels)
    matrix = shown.weights[choice.layer, 0 if choice.kind == "rollout" else choice.head]
    table = pd.DataFrame(matrix, columns=names)
    table.insert(0, t("Mira"), names)
    ui.table(
        table,
        digits=6,
        hide_index=True,
        alt=t("Matriz de pesos: cada fila es una palabra que mira"),
        column_config={t("Mira"): st.column_config.TextColumn(pinned=True)},
    )
    st.caption(t("Capa {layer}, cabeza {head}, sin redondear.", layer=choice.layer + 1, head=choice.head + 1))
    downloads("pesos", lambda: table)

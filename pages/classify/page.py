"""Clasificar: a softmax layer on BERT, then the whole of BERT fine-tuned, live, on the reader's own texts."""

import streamlit as st

import ui
from pages.classify import features, look, take, tune, use
from pages.classify.data import choose_data, limits_text
from pages.classify.lab import open_lab
from ui.i18n import t


def main() -> None:
    ui.start(
        t("Clasificar"),
        t(
            "Lo primero que se hace con BERT: un texto entra, sale un vector, y **una capa con softmax** dice si es "
            "spam. Más etiquetas, más neuronas. Luego se ajusta el modelo entero y se mira si mereció la pena."
        ),
    )
    ui.question(t("¿Cuánto pone BERT y cuánto la capa? Compáralo con contar palabras, y después ajústalo."))
    tune.say_if_lost()
    data = choose_data()
    if data:
        steps = {
            "look": t("1 · Mirar"),
            "features": t("2 · Extraer rasgos"),
            "tune": t("3 · Ajustar"),
            "use": t("4 · Usar"),
            "take": t("5 · Llevar"),
        }
        lab = open_lab(data)
        step = st.segmented_control(
            t("Paso"),
            list(steps),
            default="look",
            required=True,
            key="k_step",
            bind="query-params",
            format_func=steps.get,
            width="stretch",
        )
        {"look": look, "features": features, "tune": tune, "use": use, "take": take}[step].show(lab)
    ui.limits(limits_text())
    ui.next_stop("classify")


main()

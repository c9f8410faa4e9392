"""Palabras ocultas: BERT's training task as something to play with, from one gap to a game."""

import streamlit as st

import ui
import viz
from pages.masked import game, gaps, pairs, scores, training
from pages.masked.shared import MAX_CHARACTERS, MAX_TOKENS
from ui import t
from ui.models import model_with
from viz.masked.cloze import need_masks
from viz.masked.joint import MAX_GAPS

SECTIONS = {
    "gaps": gaps.draw,
    "surprise": scores.draw_surprise,
    "pairs": pairs.draw,
    "sides": scores.draw_sides,
    "training": training.draw,
    "game": game.draw_game,
}


def main() -> None:
    ui.start(
        t("Palabras ocultas"),
        t(
            "BERT aprendió tapando el 15 % de las palabras y adivinándolas, con todo el diccionario a su disposición. "
            "Aquí puedes hacer esa tarea, medirla y competir."
        ),
    )
    names = {
        "gaps": t("Huecos"),
        "surprise": t("Sorpresa"),
        "pairs": t("Pares mínimos"),
        "sides": t("Contexto izquierdo"),
        "training": t("Cómo se entrenó"),
        "game": t("¿Vos o BERT?"),
    }
    section = st.segmented_control(
        t("Sección"),
        list(SECTIONS),
        default="gaps",
        required=True,
        key="mw_section",
        bind="query-params",
        format_func=names.get,
        label_visibility="collapsed",
    )
    model = model_with(need_masks, "mw_embedded")
    try:
        SECTIONS[section](model)
    except viz.Problem as problem:
        ui.fail(problem)
    ui.limits(
        t(
            "Frases de hasta {letters} letras; se leen {tokens} trozos como mucho. La lectura conjunta admite {gaps} "
            "huecos. Las probabilidades son del modelo {model}, no de la lengua.",
            letters=MAX_CHARACTERS,
            tokens=MAX_TOKENS,
            gaps=MAX_GAPS,
            model=ui.md(model.name),
        )
    )
    ui.next_stop("masked")


main()

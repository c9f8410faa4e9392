"""¿Sigue o no sigue?: BERT's second training task, with ready pairs, own pairs and a shuffled paragraph."""

import streamlit as st

import ui
from pages.next_sentence.kinds import draw_kinds
from pages.next_sentence.order import draw_order
from pages.next_sentence.pair import draw_pair
from pages.next_sentence.shared import MAX_CHARACTERS, MAX_TOKENS
from ui import N_, md, t
from ui.models import model_with
from viz.next_sentence.prediction import (
    MAX_SENTENCES,
    need_next,
)

SECTIONS = {"pair": N_("Dos frases"), "kinds": N_("Los pares de la lección"), "order": N_("Ordenar un párrafo")}


def main() -> None:
    ui.start(
        t("¿Sigue o no sigue?"),
        t(
            "Además de palabras ocultas, BERT practicó con pares de frases: la mitad iban seguidas en un texto, la "
            "otra mitad eran dos frases al azar. Tenía que decir cuál era el caso."
        ),
    )
    model = model_with(need_next, "ns_embedded")
    ui.question(t("¿Se fija en si una frase **sigue** a la otra, o solo en si **hablan de lo mismo**?"))
    section = ui.choose(t("Sección"), SECTIONS, "ns_section", label_visibility="collapsed")
    with ui.section():
        {"pair": draw_pair, "kinds": draw_kinds, "order": draw_order}[section](model)
    with st.expander(t("¿Sirvió esta tarea?"), icon=":material/history_edu:"):
        st.markdown(
            t(
                "En el artículo de BERT, entrenar sin ella empeora las cinco tareas de la tabla 5, sobre todo QNLI (de "
                "88,4 a 84,9). **RoBERTa** (Liu et al. 2019, apartado 4.2) lo repitió con más cuidado: quitándola y "
                "llenando la entrada de texto seguido, los resultados quedan igual o mejoran un poco. **ALBERT** (Lan "
                "et al. 2020) propuso por qué: con frases al azar basta reconocer el tema, que es fácil; por eso la "
                "cambió por decir si dos frases seguidas están en su orden."
            )
        )
    ui.limits(
        t(
            "Frases de hasta {letters} letras y {tokens} piezas por par; párrafos de 2 a {most} frases. Las "
            "probabilidades son del modelo {model}.",
            letters=MAX_CHARACTERS,
            tokens=MAX_TOKENS,
            most=MAX_SENTENCES,
            model=md(model.name),
        )
    )
    ui.next_stop("next_sentence")


main()

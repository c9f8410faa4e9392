"""¿Qué vector usar?: the six feature options of the paper's Table 7 on three questions, and learned layer weights."""

import streamlit as st

import ui
import viz
from pages.features.senses import draw_senses
from pages.features.tags import draw_tags
from pages.features.texts import MAX_TEXTS, draw_texts
from ui import language, t

VIEWS = {
    "senses": t("¿Cuál separa mejor los sentidos?"),
    "tags": t("¿Cuál etiqueta mejor?"),
    "texts": t("¿Cuál clasifica mejor?"),
}


def main() -> None:
    ui.start(
        t("¿Qué vector usar?"),
        t(
            "BERT da un vector por token **y por capa**. Si no se ajusta el modelo entero, hay que elegir: el artículo "
            "probó seis maneras. Aquí están las seis, medidas en tres preguntas."
        ),
    )
    ui.question(t("¿Gana la misma opción en las tres preguntas? Apuesta antes de mirar."))
    view = st.segmented_control(
        t("Pregunta"),
        list(VIEWS),
        format_func=VIEWS.get,
        default="senses",
        required=True,
        key=f"v_view_{language()}",
        bind="query-params",
    )
    try:
        {"senses": draw_senses, "tags": draw_tags, "texts": draw_texts}[view]()
    except viz.Problem as problem:
        ui.fail(problem)
    ui.limits(
        t(
            "Las palabras son las de las lecciones; los textos para clasificar, hasta {n} (se toman repartidos).",
            n=MAX_TEXTS,
        )
    )
    ui.next_stop("features")


# --- senses


# --- tags


# --- texts


main()

"""¿Qué vector usar?: the six feature options of the paper's Table 7 on three questions, and learned layer weights."""

import ui
from pages.features.senses import draw_senses
from pages.features.tags import draw_tags
from pages.features.texts import MAX_TEXTS, draw_texts
from ui import N_, t

VIEWS = {
    "senses": N_("¿Cuál separa mejor los sentidos?"),
    "tags": N_("¿Cuál etiqueta mejor?"),
    "texts": N_("¿Cuál clasifica mejor?"),
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
    view = ui.choose(t("Pregunta"), VIEWS, "v_view")
    with ui.section():
        {"senses": draw_senses, "tags": draw_tags, "texts": draw_texts}[view]()
    ui.limits(
        t(
            "Las palabras son las de las lecciones; los textos para clasificar, hasta {n} (se toman repartidos).",
            n=MAX_TEXTS,
        )
    )
    ui.next_stop("features")


main()

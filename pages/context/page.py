"""El contexto importa: one static vector for a word, and one BERT vector for each of its occurrences."""

import streamlit as st

import ui
from pages.context.closer import draw_curve, draw_matrix, draw_nearest, draw_numbers
from pages.context.map import discovered, draw_contextual, draw_static, vector_name
from pages.context.sentences import choose_lesson, sentence_table, take_incoming
from pages.context.studies import open_study
from ui import N_, decimal, md, percent, plural, t
from ui.models import current_store, static_vectors
from viz.context.occurrences import MAX_CHARACTERS, MAX_SENTENCES
from viz.context.study import Study
from viz.model.layers import OPTIONS

LAYER = "layer"
VIEWS = {
    "numbers": N_("Los números"),
    "curve": N_("Capa por capa"),
    "matrix": N_("Todas con todas"),
    "nearest": N_("Vecinas de una frase"),
}
DRAWS = {"numbers": draw_numbers, "curve": draw_curve, "matrix": draw_matrix, "nearest": draw_nearest}


def main() -> None:
    take_incoming()
    ui.start(
        t("El contexto importa"),
        t(
            "Un vector estático guarda **una** lista de números por palabra, diga lo que diga la frase. BERT calcula "
            "**otra** en cada frase. Aquí están las dos, con las mismas apariciones."
        ),
    )
    lesson, word = choose_lesson()
    ui.question(
        lesson.question
        if lesson
        else t("Escribe seis frases con una palabra de varios sentidos. ¿Los separa el modelo sin que se los digas?")
    )
    pictures = st.container()
    with st.expander(t("Las frases: cámbialas o trae las tuyas"), icon=":material/edit_note:", expanded=lesson is None):
        rows = sentence_table(lesson, word)
    with pictures:
        if broken := st.session_state.pop("c_broken", None):
            ui.fail(broken)
        found = open_study(rows, word)
        if found:
            draw(found)
    ui.limits(
        t(
            "Hasta {sentences} frases de {characters} letras; de cada frase se leen las primeras {tokens} piezas.",
            sentences=MAX_SENTENCES,
            characters=MAX_CHARACTERS,
            tokens=current_store().max_tokens,
        )
    )
    ui.next_stop("context")


def draw(found: Study) -> None:
    remember_point(found)
    for problem in found.problems[:5]:
        st.warning(ui.problem_text(problem), icon=":material/warning:")
    if len(found.problems) > 5:
        more = len(found.problems) - 5
        st.warning(plural(more, "Y {n} fila más con problemas.", "Y {n} filas más con problemas."))
    option, three, centred = choose_vector(found)
    senses, silhouette = found.groups(option, centred)
    if not found.has_senses:
        senses = [t("grupo {n}", n=sense) for sense in senses]
        st.caption(discovered(senses, silhouette))
    left, right = st.columns([2, 3], gap="large")
    with left:
        draw_static(found, senses)
    with right:
        draw_contextual(found, option, senses, three)
    what_you_see(found, option, centred)
    DRAWS[ui.choose(t("Más de cerca"), VIEWS, "c_view")](found, option, senses, centred)


def remember_point(found: Study) -> None:
    """The chosen occurrence, from the address at first, stays through every view; with other sentences on the table it
    would point at a stranger, so it goes."""
    ui.forget("c_pick", tuple((o.text, o.start) for o in found.occurrences), None)
    count = len(found.occurrences)

    def read(values: list[str]) -> int | None:
        return next((n for n in range(count) if str(n) == values[-1]), None)

    ui.seed("c_pick", None, read)
    chosen = st.session_state["c_pick"]
    st.session_state["c_pick"] = chosen  # Streamlit drops what belongs to a box that this view does not draw
    ui.keep("c_pick", None if chosen is None else str(chosen))


def choose_vector(found: Study) -> tuple[str | int, bool, bool]:
    """The layer, or one of the six options of Table 7; whether the map has three dimensions; what is compared."""
    labels = {LAYER: N_("Una capa")} | {o.id: o.label for o in OPTIONS}
    left, middle, right = st.columns([3, 4, 2], vertical_alignment="bottom")
    chosen = ui.choose(
        t("Qué vector de BERT"),
        labels,
        "c_vector",
        kind="selectbox",
        place=left,
        help=t(
            "Las seis opciones de la tabla 7 del artículo de BERT. En las sumas ponderadas todas las capas pesan aquí "
            "lo mismo: esos pesos se aprenden para cada tarea, y aquí no hay tarea."
        ),
    )
    layer = middle.slider(
        t("Capa"),
        0,
        found.layers,
        value=found.best_layer,
        key="c_layer",
        bind="query-params",
        disabled=chosen != LAYER,
        help=t("0 es la capa de embeddings; {top}, la última.", top=found.layers),
    )
    three = right.toggle("3-D", key="c_3d", bind="query-params")
    centred = st.toggle(
        t("Comparar solo lo que añade el contexto"),
        value=True,
        key="c_centred",
        bind="query-params",
        help=t(
            "El vector de cada aparición es una parte común a todas (la palabra) más lo que añade su frase. Encendido, "
            "se resta la media de las apariciones antes de comparar; apagado, los vectores se comparan enteros."
        ),
    )
    return (min(layer, found.layers) if chosen == LAYER else chosen), three, centred


def what_you_see(found: Study, option: str | int, centred: bool) -> None:
    whole, added = (found.separation(option, only_context) for only_context in (False, True))
    static = found.static_separation
    parts = []
    if static and static.occurrences > 1:
        parts.append(
            t(
                "En {name} las {n} apariciones de «{word}» tienen coseno {same} entre sí: un solo vector, un solo "
                "punto.",
                name=static_vectors().name,
                n=static.occurrences,
                word=md(found.word),
                same=decimal(found.static_cosine, 3),
            )
            if found.static_forms == 1
            else t(
                "{name} da un vector a cada forma escrita: {forms} formas, {forms} puntos, para {n} apariciones.",
                name=static_vectors().name,
                forms=found.static_forms,
                n=static.occurrences,
            )
        )
    if added.accuracy is not None:
        parts.append(
            t(
                "En BERT ({vector}) la aparición más cercana tiene el mismo sentido {added} de las veces si se compara "
                "solo lo que añade el contexto, y {whole} con los vectores enteros; al azar sería {chance}.",
                vector=vector_name(option),
                added=percent(added.accuracy),
                whole=percent(whole.accuracy),
                chance=percent(added.chance),
            )
        )
        best = found.best_layer
        if centred and option != best:
            parts.append(
                t(
                    "La capa que mejor los separa aquí es la {layer}, con {accuracy}.",
                    layer=best,
                    accuracy=percent(found.by_layer[best].accuracy),
                )
            )
    elif added.occurrences == 1:
        parts.append(t("Con una sola aparición no hay nada que comparar: añade otra frase con la misma palabra."))
    else:
        parts.append(t("Sin dos sentidos con nombre no se puede medir el acierto: escribe los sentidos en la tabla."))
    ui.what_you_see(" ".join(parts))


main()

"""El contexto importa: one static vector for a word, and one BERT vector for each of its occurrences."""

import pandas as pd
import streamlit as st

import ui
from pages.context.sentences import choose_lesson, sentence_table, take_incoming
from pages.context.studies import open_study
from ui import decimal, md, percent, t
from ui.exports import chart, downloads
from ui.models import current_store, static_vectors
from viz.context.figures.layer_curve import layer_curve
from viz.context.figures.sense_map import sense_map
from viz.context.figures.similarity_matrix import similarity_matrix
from viz.context.occurrences import MAX_CHARACTERS, MAX_SENTENCES
from viz.context.senses import Separation
from viz.context.study import Study
from viz.kit.strip import strip
from viz.model.layers import OPTIONS

LAYER = "layer"
VIEWS = ("numbers", "curve", "matrix", "nearest")


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
        found = open_study(rows, word)
        if found:
            draw(found)
    ui.limits(
        t(
            "Hasta {sentences} frases de {characters} letras; de cada frase se leen los primeros {tokens} trozos.",
            sentences=MAX_SENTENCES,
            characters=MAX_CHARACTERS,
            tokens=current_store().max_tokens,
        )
    )
    ui.next_stop("context")


def draw(found: Study) -> None:
    for problem in found.problems[:5]:
        st.warning(ui.problem_text(problem), icon=":material/warning:")
    if len(found.problems) > 5:
        st.warning(t("Y {n} filas más con problemas.", n=len(found.problems) - 5))
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
    view = st.segmented_control(
        t("Más de cerca"),
        VIEWS,
        key="c_view",
        bind="query-params",
        default="numbers",
        required=True,
        format_func={
            "numbers": t("Los números"),
            "curve": t("Capa por capa"),
            "matrix": t("Todas con todas"),
            "nearest": t("Vecinas de una frase"),
        }.get,
    )
    {"numbers": draw_numbers, "curve": draw_curve, "matrix": draw_matrix, "nearest": draw_nearest}[view](
        found, option, senses, centred
    )


def choose_vector(found: Study) -> tuple[str | int, bool, bool]:
    """The layer, or one of the six options of Table 7; whether the map has three dimensions; what is compared."""
    labels = {LAYER: t("Una capa")} | {o.id: t(o.label) for o in OPTIONS}
    left, middle, right = st.columns([3, 4, 2], vertical_alignment="bottom")
    chosen = left.selectbox(
        t("Qué vector de BERT"),
        list(labels),
        key="c_vector",
        bind="query-params",
        format_func=labels.get,
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


def draw_static(found: Study, senses: list[str]) -> None:
    vectors = static_vectors()
    st.subheader(
        vectors.name,
        anchor=False,
        help=t(
            "Vectores estáticos: {words} palabras, {dims} números cada una.",
            words=decimal(len(vectors.words), 0),
            dims=vectors.matrix.shape[1],
        ),
    )
    if found.static is None:
        ui.fail(found.static_problem)
        st.caption(t("Lo demás de la página no lo necesita."))
        return
    forms = list(dict.fromkeys(o.form.lower() for o in found.occurrences))[:3]
    chart(
        strip(vectors.rows(forms), forms),
        "strip",
        t("Los {n} números del vector de «{word}» como celdas de color.", n=vectors.matrix.shape[1], word=found.word),
    )
    if found.word in vectors:
        near = ", ".join(f"{md(w)} ({decimal(c)})" for w, c in vectors.neighbours(found.word, 8))
        st.markdown(t("**Sus vecinas:** {near}", near=near))
    chart(
        sense_map(found.static_projection().points, found.occurrences, senses, legend=False, height=260),
        "static",
        t("Todas las apariciones de «{word}» caen en el mismo punto: tienen el mismo vector.", word=found.word),
    )


def draw_contextual(found: Study, option: str | int, senses: list[str], three: bool) -> None:
    model = current_store().model
    by_layer = isinstance(option, int)
    st.subheader(f"{md(model.name)} · {vector_name(option)}", anchor=False)
    if by_layer:
        projection = found.space if three else found.plane
    else:
        projection = found.option_projection(option, 3 if three else 2)
    shown = option if by_layer else 0
    figure = sense_map(
        projection.points,
        found.occurrences,
        senses,
        shown=shown,
        chosen=st.session_state.get("c_pick"),
        unnamed=t("sin sentido"),
        play=t("▶ Recorrer las capas"),
        frame_name=t("capa {layer}", layer="{layer}"),
        height=560,
    )
    chart(
        figure,
        "map",
        t("Mapa de las {n} apariciones de «{word}» según {model}.", n=len(senses), word=found.word, model=model.name),
        on_select=pick,
        selection_mode="points",
    )
    st.caption(
        t(
            "El plano guarda el {share} de la variación; los ejes de una capa están girados para seguir a los de la "
            "siguiente, así el movimiento significa algo. Señala o toca un punto para leer su frase.",
            share=percent(float(projection.explained[shown])),
        )
    )
    if len(found.pieces) > 1:
        pieces = " · ".join(md(piece) for piece in found.pieces)
        st.caption(
            t(
                "BERT lee «{word}» en {n} trozos ({pieces}); su vector es la media de ellos.",
                word=md(found.word),
                n=len(found.pieces),
                pieces=pieces,
            )
        )
    downloads("map", lambda: positions(found, option, senses, projection.points[shown]), lambda: figure)


def pick() -> None:
    """A click on a point chooses that occurrence."""
    points = st.session_state["c_chart_map"].selection.points
    if points:
        st.session_state["c_pick"] = points[0]["customdata"]
        st.session_state["c_view"] = "nearest"


def positions(found: Study, option: str | int, senses: list[str], points) -> pd.DataFrame:
    table = pd.DataFrame(
        {"sentence": [o.text for o in found.occurrences], "form": [o.form for o in found.occurrences], "sense": senses}
    )
    for axis, values in zip("xyz", points.T, strict=False):
        table[axis] = values
    table["vector"], table["model"] = vector_name(option), current_store().model.name
    return table


def vector_name(option: str | int) -> str:
    if isinstance(option, int):
        return t("capa {layer}", layer=option)
    return t(next(o.label for o in OPTIONS if o.id == option)).lower()


def discovered(senses: list[str], silhouette: float | None) -> str:
    count = len(set(senses))
    if silhouette is None:
        return t("Ninguna frase lleva sentido y son muy pocas o muy parecidas para buscar grupos.")
    return t(
        "Ninguna frase lleva sentido, así que se buscaron grupos: {n}, el número de mejor silueta ({score}). Son "
        "grupos del modelo, no sentidos del diccionario.",
        n=count,
        score=decimal(silhouette),
    )


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
                "solo lo que añade el contexto, y {whole} con los vectores enteros; quien no sabe nada acierta "
                "{chance}.",
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


def draw_numbers(found: Study, option: str | int, senses: list[str], centred: bool) -> None:
    whole, added = (found.separation(option, only_context) for only_context in (False, True))
    static = found.static_separation

    def row(label: str, value, here: Separation = whole) -> str:
        return f"| {label} | {value(static) if static and here is whole else '–'} | {value(here)} |"

    over = lambda s, x: None if getattr(s, x) is None else getattr(s, x) - s.baseline  # noqa: E731
    lines = [
        f"| {t('{n} apariciones', n=whole.occurrences)} | {static_vectors().name} | BERT, {vector_name(option)} |",
        "|:--|--:|--:|",
        row(t("Acierto del vecino más cercano, vectores enteros"), lambda s: f"**{percent(s.accuracy)}**"),
        row(t("… solo lo que añade el contexto"), lambda s: f"**{percent(s.accuracy)}**", added),
        row(t("… y el de quien no sabe nada"), lambda s: percent(s.chance)),
        row(t("Silueta (de −1 a 1), vectores enteros"), lambda s: decimal(s.silhouette)),
        row(t("… solo lo que añade el contexto"), lambda s: decimal(s.silhouette), added),
        row(t("Coseno, mismo sentido"), lambda s: decimal(s.same, 3)),
        row(t("Coseno, sentidos distintos"), lambda s: decimal(s.different, 3)),
        row(t("Coseno de dos palabras cualesquiera (línea base)"), lambda s: decimal(s.baseline, 3)),
        row(t("Mismo sentido, sobre la línea base"), lambda s: decimal(over(s, "same"), 3)),
        row(t("Sentidos distintos, sobre la línea base"), lambda s: decimal(over(s, "different"), 3)),
    ]
    st.markdown("\n".join(lines))
    st.caption(
        t(
            "En BERT hasta dos palabras sin relación tienen un coseno alto, porque sus vectores ocupan un cono "
            "estrecho (anisotropía; Ethayarajh 2019). Por eso se resta la línea base: lo que queda es parecido de "
            "verdad."
        )
    )
    downloads("numbers", lambda: numbers_table(found, centred))


def numbers_table(found: Study, centred: bool) -> pd.DataFrame:
    """Every layer, every option and the static vector, one row each."""
    entries: list[tuple[str, Separation]] = [(f"layer {n}", s) for n, s in enumerate(found.layers_by(centred))]
    entries += [(o.id, found.separation(o.id, centred)) for o in OPTIONS]
    if found.static_separation:
        entries.append((static_vectors().name, found.static_separation))
    return pd.DataFrame([{"vector": name, **vars(s)} for name, s in entries])


def draw_curve(found: Study, option: str | int, senses: list[str], centred: bool) -> None:
    if found.by_layer[0].accuracy is None:
        st.info(t("Para esta curva hacen falta al menos dos sentidos con nombre."))
        return
    kinds = {
        "accuracy": t("Acierto del vecino"),
        "cosine": t("Cosenos sobre la línea base"),
        "silhouette": t("Silueta"),
    }
    kind = st.segmented_control(
        t("Qué medir"),
        list(kinds),
        key="c_curve",
        bind="query-params",
        default="accuracy",
        required=True,
        format_func=kinds.get,
    )
    layers = found.by_layer if centred else found.layers_by(centred=False)
    static = found.static_separation
    if kind == "cosine":
        curves = {
            t("mismo sentido"): [s.same - s.baseline for s in layers],
            t("sentidos distintos"): [s.different - s.baseline for s in layers],
        }
        levels = {}
    else:
        curves = {"BERT": [getattr(s, kind) for s in layers]}
        levels = {static_vectors().name: getattr(static, kind) if static else None}
        if kind == "accuracy":
            levels[t("quien no sabe nada")] = found.by_layer[0].chance
    figure = layer_curve(
        curves, levels, chosen=option if isinstance(option, int) else None, x_title=t("capa"), y_title=kinds[kind]
    )
    chart(figure, "curve", t("{what} en cada capa.", what=kinds[kind]))
    downloads("curve", lambda: numbers_table(found, centred), lambda: figure)


def draw_matrix(found: Study, option: str | int, senses: list[str], centred: bool) -> None:
    figure = similarity_matrix(
        found.cosines(option, centred), found.occurrences, senses, unnamed=t("sin sentido"), cosine=t("coseno")
    )
    chart(figure, "matrix", t("Coseno de cada par de apariciones, ordenadas por sentido."))
    st.caption(t("Un bloque claro en la diagonal es un sentido que el modelo mantiene junto."))
    labels = [o.text for o in found.occurrences]
    downloads(
        "matrix",
        lambda: pd.DataFrame(found.cosines(option, centred), columns=labels).assign(sentence=labels),
        lambda: figure,
    )


def draw_nearest(found: Study, option: str | int, senses: list[str], centred: bool) -> None:
    count = len(found.occurrences)
    if count < 2:
        st.info(t("Hace falta otra frase con la palabra."))
        return
    chosen = st.selectbox(
        t("Una aparición (o toca un punto del mapa)"),
        range(count),
        key="c_pick",
        format_func=lambda i: f"{i + 1}. {found.occurrences[i].text}",
    )
    near = found.nearest(chosen, option, centred)
    table = pd.DataFrame(
        {
            t("coseno"): [cosine for _, cosine in near],
            t("sentido"): [senses[i] for i, _ in near],
            t("frase"): [found.occurrences[i].text for i, _ in near],
        }
    )
    hits = sum(senses[i] == senses[chosen] for i, _ in near[:5])
    st.caption(
        t(
            "De las {k} más cercanas, {hits} tienen su mismo sentido ({sense}).",
            k=min(5, len(near)),
            hits=hits,
            sense=md(senses[chosen]),
        )
    )
    st.dataframe(
        table,
        hide_index=True,
        height=320,
        alt=t("Apariciones por cercanía"),
        column_config={t("coseno"): st.column_config.NumberColumn(format="%.3f", width="small")},
    )
    downloads("nearest", lambda: table)


main()

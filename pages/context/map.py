"""The map: GloVe's one point beside BERT's many."""

import pandas as pd
import streamlit as st

import ui
from ui import decimal, md, percent, t
from ui.exports import chart, downloads
from ui.models import current_store, static_vectors
from viz.context.figures.sense_map import sense_map
from viz.context.study import Study
from viz.kit.strip import strip
from viz.model.layers import OPTIONS


def draw_static(found: Study, senses: list[str]) -> None:
    vectors = static_vectors()
    st.header(
        vectors.name,
        anchor=False,
        help=t(
            "Vectores estáticos: {words} palabras, {dims} números cada una.",
            words=decimal(len(vectors.words), 0),
            dims=vectors.matrix.shape[1],
        ),
    )
    if found.static_problem is not None:
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
    st.header(f"{md(model.name)} · {vector_name(option)}", anchor=False)
    if isinstance(option, int):
        projection, shown = found.space if three else found.plane, option
    else:
        projection, shown = found.option_projection(option, 3 if three else 2), 0
    figure = sense_map(
        projection.points,
        found.occurrences,
        senses,
        shown=shown,
        chosen=st.session_state["c_pick"],
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
                "BERT lee «{word}» en {n} piezas ({pieces}); su vector es la media de ellas.",
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

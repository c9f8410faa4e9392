"""A closer look: numbers by layer, curve, matrix, nearest sentences."""

import pandas as pd
import streamlit as st

import ui
from pages.context.map import vector_name
from ui import N_, decimal, md, percent, plural, t
from ui.exports import chart, downloads
from ui.models import static_vectors
from viz.context.figures.layer_curve import layer_curve
from viz.context.figures.similarity_matrix import similarity_matrix
from viz.context.senses import Separation
from viz.context.study import Study
from viz.model.layers import OPTIONS

CURVES = {
    "accuracy": N_("Acierto del vecino"),
    "cosine": N_("Cosenos sobre la línea base"),
    "silhouette": N_("Silueta"),
}


def draw_numbers(found: Study, option: str | int, senses: list[str], centred: bool) -> None:
    whole, added = (found.separation(option, only_context) for only_context in (False, True))
    static = found.static_separation

    def row(label: str, value, here: Separation = whole) -> str:
        return f"| {label} | {value(static) if static and here is whole else '–'} | {value(here)} |"

    over = lambda s, x: None if getattr(s, x) is None else getattr(s, x) - s.baseline  # noqa: E731
    count = plural(whole.occurrences, "{n} aparición", "{n} apariciones")
    lines = [
        f"| {count} | {static_vectors().name} | BERT, {vector_name(option)} |",
        "|:--|--:|--:|",
        row(t("Acierto del vecino más cercano, vectores enteros"), lambda s: f"**{percent(s.accuracy)}**"),
        row(t("… solo lo que añade el contexto"), lambda s: f"**{percent(s.accuracy)}**", added),
        row(t("… y al azar"), lambda s: percent(s.chance)),
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
    kind = ui.choose(t("Qué medir"), CURVES, "c_curve")
    layers = found.by_layer if centred else found.layers_by(centred=False)
    static = found.static_separation
    if kind == "cosine":
        curves = {
            t("mismo sentido"): [s.same_above for s in layers],
            t("sentidos distintos"): [s.different_above for s in layers],
        }
        levels = {}
    else:
        curves = {"BERT": [getattr(s, kind) for s in layers]}
        levels = {static_vectors().name: getattr(static, kind) if static else None}
        if kind == "accuracy":
            levels[t("al azar")] = found.by_layer[0].chance
    figure = layer_curve(
        curves, levels, chosen=option if isinstance(option, int) else None, x_title=t("capa"), y_title=t(CURVES[kind])
    )
    chart(figure, "curve", t("{what} en cada capa.", what=t(CURVES[kind])))
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
    if st.session_state["c_pick"] is None:
        st.session_state["c_pick"] = 0
    chosen = st.selectbox(
        t("Una aparición (o toca un punto del mapa)"),
        range(count),
        key="c_pick",
        format_func=lambda i: f"{i + 1}. {found.occurrences[i].text}",
    )
    ui.keep("c_pick", str(chosen))
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
        plural(
            hits,
            "De las {k} más cercanas, {n} tiene su mismo sentido ({sense}).",
            "De las {k} más cercanas, {n} tienen su mismo sentido ({sense}).",
            k=min(5, len(near)),
            sense=md(senses[chosen]),
        )
        if len(near) > 1
        else t("Solo hay otra aparición con la que comparar.")
    )
    st.dataframe(
        table,
        hide_index=True,
        height=320,
        alt=t("Apariciones por cercanía"),
        column_config={t("coseno"): st.column_config.NumberColumn(format="%.3f", width="small")},
    )
    downloads("nearest", lambda: table)

"""Step 2: a softmax layer on vectors of a model that nobody changes, beside GloVe and TF-IDF."""

import pandas as pd
import streamlit as st

import ui
from pages.classify.lab import Lab
from ui.exports import chart, downloads
from ui.i18n import decimal, percent, t
from ui.layout import what_you_see
from ui.text import md
from viz.classify import figures as draw
from viz.classify.export import predictions
from viz.classify.scores import difference
from viz.classify.softmax import Fit


def show(lab: Lab) -> None:
    lab.prepare()
    with st.spinner(t("Ajustando las capas softmax…")):
        fits = kinds(lab)
    names = kind_names()
    if "glove" not in fits:
        st.caption(t("No hay vectores GloVe en el idioma de estos textos: esa fila falta."))
    most = max(lab.frozen_fit().score.confusion.sum(axis=1)) / len(lab.data.test)
    figure = draw.comparison(
        {names[kind]: fit for kind, fit in fits.items()},
        x_title=t("acierto en los textos de medir"),
        chance=most,
        chance_name=t("siempre la más frecuente"),
    )
    alt = "; ".join(f"{names[kind]}: {percent(fit.score.accuracy, 1)}" for kind, fit in fits.items())
    chart(figure, "k_compare", alt)
    what_you_see(reading(lab, fits))
    table = score_table({names[kind]: fit for kind, fit in fits.items()})
    st.dataframe(table, hide_index=True, alt=alt)
    downloads("k_scores", lambda: table, lambda: figure)

    st.header(t("¿En qué se equivoca?"), anchor=False)
    kind = ui.choose(t("Clasificador"), {kind: names[kind] for kind in fits}, "k_confused", default="bert")
    confusion(lab, fits[kind], kind)

    st.header(t("¿Cuántos ejemplos hacen falta?"), anchor=False)
    if st.toggle(t("Dibujar la curva de aprendizaje (entrena unas sesenta veces)"), key="k_curve", bind="query-params"):
        with st.spinner(t("Entrenando con cada vez más textos…"), show_time=True):
            curve = lab.curve()
        picture = draw.learning_curve(
            curve,
            {kind: names[kind] for kind in fits},
            x_title=t("textos para aprender (escala logarítmica)"),
            y_title=t("acierto en los textos de medir"),
        )
        chart(picture, "k_curve_chart", t("Acierto según el número de textos, una línea por clasificador"))
        first = curve[curve["texts"] == curve["texts"].min()].set_index("kind")["accuracy"]
        st.caption(
            t(
                "Con {n} textos BERT acierta {bert} y TF-IDF {tfidf}. Cada punto es la media de tres sorteos; la barra "
                "va del peor al mejor.",
                n=int(curve["texts"].min()),
                bert=percent(first["bert"]),
                tfidf=percent(first["tfidf"]),
            )
        )
        downloads("k_curve", lambda: curve, lambda: picture)


def kind_names() -> dict[str, str]:
    return {"bert": t("BERT congelado"), "glove": t("Media de GloVe"), "tfidf": t("TF-IDF (contar palabras)")}


def kinds(lab: Lab) -> dict[str, Fit]:
    found = {"bert": lab.frozen_fit(), "glove": lab.glove_fit(), "tfidf": lab.tfidf_fit()}
    return {kind: fit for kind, fit in found.items() if fit}


def reading(lab: Lab, fits: dict[str, Fit]) -> str:
    """The picture in words, honest about what so few texts can decide."""
    truth, bert = lab.truth("test"), fits["bert"]
    parts = [
        t(
            "Una capa de {inputs} entradas y {labels} neuronas sobre vectores de BERT ({vector}) acierta {accuracy} de "
            "{n} textos que no había visto (entre {low} y {high} con un 95 % de confianza).",
            inputs=decimal(lab.size, 0),
            labels=len(lab.data.labels),
            vector=lab.vector_name,
            accuracy=percent(bert.score.accuracy, 1),
            n=len(truth),
            low=percent(bert.score.accuracy_interval[0]),
            high=percent(bert.score.accuracy_interval[1]),
        )
    ]
    for kind, name in (("glove", "GloVe"), ("tfidf", "TF-IDF")):
        if kind in fits:
            gain, low, high = difference(truth, bert.test.argmax(axis=1), fits[kind].test.argmax(axis=1))
            ends = sorted((abs(low), abs(high))) if low * high > 0 else (low, high)
            points = {
                "name": name,
                "gain": decimal(100 * abs(gain), 1),
                "low": decimal(100 * ends[0], 1),
                "high": decimal(100 * ends[1], 1),
            }
            if low > 0:
                parts.append(t("Gana a {name} por {gain} puntos (de {low} a {high}).", **points))
            elif high < 0:
                parts.append(t("**Pierde** con {name} por {gain} puntos (de {low} a {high}).", **points))
            elif gain >= 0:
                parts.append(
                    t(
                        "Saca {gain} puntos a {name}, pero con tan pocos textos podría ser azar (de {low} a {high}).",
                        **points,
                    )
                )
            else:
                parts.append(
                    t("Queda {gain} puntos por debajo de {name}, aunque podría ser azar (de {low} a {high}).", **points)
                )
    return " ".join(parts)


def score_table(fits: dict[str, Fit]) -> pd.DataFrame:
    rows = []
    for name, fit in fits.items():
        score = fit.score
        rows.append(
            (
                name,
                percent(score.accuracy, 1),
                _between(score.accuracy_interval),
                percent(score.macro_f1, 1),
                _between(score.f1_interval),
                percent(fit.dev_accuracy, 1),
                fit.strength,
            )
        )
    return pd.DataFrame(
        rows,
        columns=[
            t("Clasificador"),
            t("Acierto"),
            t("Acierto, 95 %"),
            t("Macro-F1"),
            t("Macro-F1, 95 %"),
            t("Acierto al elegir"),
            "C",
        ],
    )


def _between(interval: tuple[float, float]) -> str:
    return f"{percent(interval[0], 1)} – {percent(interval[1], 1)}"


def confusion(lab: Lab, fit: Fit, kind: str) -> None:
    """The matrix; a click on a cell, or the two menus, bring its texts."""
    labels = lab.data.labels
    true, predicted = t("Era"), t("Dijo")
    figure = draw.confusion(fit.score.confusion, labels, true=true, predicted=predicted)
    left, right = st.columns([1, 1])
    with left:
        picked = chart(
            figure,
            "k_confusion",
            t("Matriz de confusión: filas, lo que era; columnas, lo que dijo"),
            on_select="rerun",
            selection_mode="points",
        )
    points = picked["selection"]["points"] if picked else []
    clicked = (round(points[0]["y"]), round(points[0]["x"])) if points else None
    if clicked and max(clicked) < len(labels) and clicked != st.session_state.get("classify_clicked"):
        st.session_state["classify_clicked"] = clicked
        st.session_state["k_true"], st.session_state["k_said"] = (labels[i] for i in clicked)
    with right:
        worst = fit.score.confusion.copy()
        worst[range(len(labels)), range(len(labels))] = 0
        start = divmod(int(worst.argmax()), len(labels))
        a = st.selectbox(true, labels, start[0], key="k_true")
        b = st.selectbox(predicted, labels, start[1], key="k_said")
        texts, truth = lab.data.split("test")
        rows = [
            (percent(fit.test[n].max()), text)
            for n, text in enumerate(texts)
            if labels[truth[n]] == a and labels[fit.test[n].argmax()] == b
        ]
        st.caption(
            t(
                "{n} textos eran «{true}» y dijo «{said}». Pulsa una celda para leer los suyos.",
                n=len(rows),
                true=md(a),
                said=md(b),
            )
        )
        if rows:
            table = pd.DataFrame(rows, columns=[t("Seguridad"), t("Texto")])
            st.dataframe(
                table,
                hide_index=True,
                height=240,
                alt=t("Los textos de la celda"),
                column_config={t("Texto"): st.column_config.TextColumn(width="large")},
            )
    if kind == "bert":
        downloads("k_predictions", lambda: predictions(lab.frozen(), lab.data))

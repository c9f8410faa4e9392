"""Step 1: the texts before any training."""

import pandas as pd
import streamlit as st

from pages.classify.lab import Lab
from ui.exports import chart, downloads
from ui.i18n import decimal, percent, t
from ui.layout import what_you_see
from ui.text import md
from viz.classify import figures as draw
from viz.classify.datasets import SPLITS, Dataset
from viz.classify.export import table_of

SHOWN = 200  # texts in the table on screen; the CSV has all


def show(lab: Lab) -> None:
    """The counts are there at once; the map comes above them when BERT has read the texts."""
    top = st.container()
    _data(lab.data)
    with top:
        _map(lab)


def _map(lab: Lab) -> None:
    data = lab.data
    st.header(t("El mapa, antes de enseñarle nada"), anchor=False)
    lab.prepare()
    points, agreement = lab.map()
    shown = data.train + data.dev
    truth = [data.labels.index(label) for _, label in shown]
    figure = draw.text_map(points, [text for text, _ in shown], truth, data.labels)
    alt = t("Mapa de {n} textos, un color por etiqueta", n=len(points))
    chart(figure, "k_map", alt)
    most = max(sum(row[1] == label for row in data.rows) for label in data.labels) / len(data.rows)
    what_you_see(
        t(
            "Cada punto es un texto y su posición resume los {size} números de su vector ({vector}). El color es la "
            "etiqueta, que el modelo **no** ha visto: aun así, {share} de los textos tienen como vecino más parecido "
            "(entre todos los números, no en el plano) uno de su misma etiqueta. Eligiendo siempre la etiqueta más "
            "frecuente se acertaría {chance}.",
            size=decimal(lab.size, 0),
            vector=lab.vector_name,
            share=percent(agreement),
            chance=percent(most),
        )
    )
    downloads("k_map", figure=lambda: figure)


def _data(data: Dataset) -> None:
    counts, words = _counts(data)
    left, right = st.columns(2)
    with left:
        st.header(t("Cuántos"), anchor=False)
        chart(
            draw.balance(counts, data.labels, x_title=t("textos: para aprender, elegir y medir")),
            "k_balance",
            t("Textos por etiqueta"),
        )
    with right:
        st.header(t("Cómo de largos"), anchor=False)
        chart(draw.lengths(words, x_title=t("palabras por texto")), "k_lengths", t("Palabras por texto y etiqueta"))
    table = table_of(data)
    names = {"text": t("Texto"), "label": t("Etiqueta"), "split": t("Parte")}
    st.dataframe(table.head(SHOWN).rename(columns=names), hide_index=True, height=280, alt=t("Los textos"))
    if len(table) > SHOWN:
        st.caption(t("Los primeros {n} de {all}; el CSV los trae todos.", n=SHOWN, all=len(table)))
    downloads("k_texts", lambda: table)


def _counts(data: Dataset) -> tuple[pd.DataFrame, dict[str, list[int]]]:
    names = {"train": t("aprender"), "dev": t("elegir"), "test": t("medir")}
    counts = [
        (names[split], label, sum(row[1] == label for row in getattr(data, split)))
        for split in SPLITS
        for label in data.labels
    ]
    words = {md(label): [len(text.split()) for text, kind in data.rows if kind == label] for label in data.labels}
    return pd.DataFrame(counts, columns=["split", "label", "texts"]), words

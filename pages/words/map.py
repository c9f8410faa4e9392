"""Words on a plane."""

import pandas as pd
import streamlit as st

import ui
from pages.words.shared import with_vector
from ui import percent, t
from ui.exports import chart, downloads
from viz.words.figures import word_map
from viz.words.static import StaticVectors
from viz.words.word_lists import WordLists, known, split_words
from viz.words.word_map import MAX_POINTS, pca_map, tsne_map


def draw_map(vectors: StaticVectors, lists: WordLists, tongue: str) -> None:
    names = list(lists.maps)
    left, right = st.columns([3, 2])
    number = ui.choose(t("Lista"), dict(enumerate(names)), f"w_list_{tongue}", kind="selectbox", place=left)
    near = ui.choose(t("Proyección"), {x: x for x in ("PCA", "t-SNE")}, "w_projection", place=right)
    start = " ".join(known(lists.maps[names[number]], vectors)[0])
    text = ui.text_area(t("Palabras del mapa"), start, key=f"w_map_{tongue}_{number}", max_chars=6000, height=110)
    words = with_vector(split_words(text, MAX_POINTS), vectors)
    if near == "PCA":
        points, explained = pca_map(vectors, words)
        seen = t(
            "Las dos direcciones en que más difieren estas {n} palabras guardan el {share} de sus diferencias: dos "
            "puntos juntos aquí pueden estar lejos en lo que el plano no enseña.",
            n=len(words),
            share=percent(explained),
        )
    else:
        with st.spinner(t("Buscando el mapa…"), show_time=True):
            points = _tsne(vectors, words)
        seen = t(
            "t-SNE coloca juntas las palabras vecinas ({n} aquí). **Cuidado**: las distancias entre grupos y el tamaño "
            "de los grupos no significan nada, y otra semilla daría otro dibujo.",
            n=len(words),
        )
    chart(word_map(points, words), "w_map", t("Mapa de palabras en dos dimensiones"))
    ui.what_you_see(seen)
    table = pd.DataFrame({"word": words, "x": points[:, 0], "y": points[:, 1]})
    downloads("w_map", lambda: table, lambda: word_map(points, words))


@ui.cache_data(max_entries=30)
def _tsne(vectors: StaticVectors, words: tuple[str, ...]):
    return tsne_map(vectors, words)

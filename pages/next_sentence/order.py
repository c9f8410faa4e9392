"""A shuffled paragraph, put in order."""

import random

import pandas as pd
import streamlit as st

import ui
import viz
from pages.next_sentence.shared import LAST_SEED, MAX_CHARACTERS, MAX_TOKENS
from ui import decimal, language, percent, t
from ui.exports import chart, downloads
from ui.i18n import from_another_language
from viz.next_sentence.figures import follow_matrix
from viz.next_sentence.lessons import load_next
from viz.next_sentence.prediction import (
    MAX_SENTENCES,
    Order,
    neighbours_kept,
    reorder,
    shuffled,
    trial,
)


def draw_order(model: viz.Model) -> None:
    paragraphs = {p.title: p for p in load_next(language()).paragraphs}

    def take() -> None:
        chosen = st.session_state["ns_title"]
        if chosen:
            st.session_state["ns_lines"] = "\n".join(paragraphs[chosen].sentences)
        st.session_state["ns_title"] = None  # a menu: what was taken from it may be changed

    first = "\n".join(next(iter(paragraphs.values())).sentences)
    if from_another_language("ns_lines", lambda lang: ["\n".join(p.sentences) for p in load_next(lang).paragraphs]):
        st.session_state["ns_lines"] = first
    st.selectbox(
        t("Párrafos de la lección"),
        list(paragraphs),
        index=None,
        key="ns_title",
        on_change=take,
        placeholder=t("Elige uno…"),
    )
    typed = ui.text_area(
        t("Un párrafo en su orden, una frase por línea"),
        first,
        key="ns_lines",
        max_chars=MAX_CHARACTERS * MAX_SENTENCES,
        height=170,
    )
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    seed = left.number_input(t("Baraja"), 1, LAST_SEED, key="ns_seed", bind="query-params")
    right.button(t("Barajar otra vez"), on_click=again, icon=":material/shuffle:")
    sentences = [line.strip() for line in typed.splitlines() if line.strip()]
    for n, sentence in enumerate(sentences, start=1):
        if len(sentence) > MAX_CHARACTERS:
            raise viz.Problem(
                "La frase {n} tiene {count} letras y caben {limit}.", n=n, count=len(sentence), limit=MAX_CHARACTERS
            )
    given = shuffled(len(sentences), seed)
    with st.spinner(t("Probando cada frase detrás de cada otra…"), show_time=True):
        found = ordered(model, tuple(sentences[i] for i in given))
    order = [given[i] for i in found.order]
    rows = pd.DataFrame(
        {
            t("orden de BERT"): [sentences[i] for i in order],
            t("puesto verdadero"): [i + 1 for i in order],
            t("puesto en la baraja"): [given.index(i) + 1 for i in order],
        }
    )
    st.dataframe(rows, hide_index=True)
    figure = follow_matrix(found.follows, [sentences[i] for i in given], t("esta frase"), t("esta detrás"))
    chart(figure, "ns_order", t("Probabilidad de que cada frase (columna) siga a cada otra (fila)."))
    with st.spinner(t("Ordenando los párrafos de la lección…"), show_time=True):
        score = lesson_trial(model, language())
    ui.what_you_see(
        t(
            "BERT deja juntas y en orden el {kept} de las frases vecinas de este párrafo. En los {n} de la lección "
            "acierta el orden entero en {exact} (al azar, {exact_chance}) y deja juntas el {all_kept} (al azar, "
            "{chance}).",
            kept=percent(neighbours_kept(order, range(len(sentences)))),
            n=score.paragraphs,
            exact=score.exact,
            exact_chance=decimal(score.exact_by_chance),
            all_kept=percent(score.kept),
            chance=percent(score.kept_by_chance),
        )
    )
    st.caption(t("Se prueban todos los órdenes y se queda el que suma más: cada frase detrás de la anterior."))
    downloads("ns_order", lambda: rows, lambda: figure)


def again() -> None:
    st.session_state["ns_seed"] = random.randint(1, LAST_SEED)


@ui.cache_data(max_entries=100)
def ordered(model: viz.Model, sentences: tuple[str, ...]) -> Order:
    return reorder(model, sentences, MAX_TOKENS)


@ui.cache_data(max_entries=4)
def lesson_trial(model: viz.Model, lang: str):
    return trial(model, [p.sentences for p in load_next(lang).paragraphs])

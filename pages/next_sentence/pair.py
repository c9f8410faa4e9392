"""One pair."""

import pandas as pd
import streamlit as st

import ui
import viz
from pages.next_sentence.shared import MAX_CHARACTERS, MAX_TOKENS, kind_names, probabilities
from ui import language, md, percent, t
from ui.exports import downloads
from ui.i18n import from_another_language
from viz.kit.chips import chips
from viz.kit.palette import BLUE, ORANGE
from viz.next_sentence.lessons import load_next
from viz.next_sentence.prediction import packed


def draw_pair(model: viz.Model) -> None:
    pairs = load_next(language()).pairs
    kinds = kind_names()

    def take() -> None:
        chosen = st.session_state["ns_ready"]
        if chosen is not None:
            st.session_state["ns_a"], st.session_state["ns_b"] = pairs[chosen].a, pairs[chosen].b
        st.session_state["ns_ready"] = None  # a menu: what was taken from it may be changed

    if from_another_language("ns_a", lambda lang: [pair.a for pair in load_next(lang).pairs]):
        st.session_state["ns_a"], st.session_state["ns_b"] = pairs[0].a, pairs[0].b
    st.selectbox(
        t("Pares de la lección"),
        range(len(pairs)),
        index=None,
        key="ns_ready",
        on_change=take,
        format_func=lambda n: f"{pairs[n].a} · {kinds[pairs[n].kind]}",
        placeholder=t("Elige uno…"),
    )
    left, right = st.columns(2)
    a = ui.text_area(t("Frase A"), pairs[0].a, key="ns_a", place=left, max_chars=MAX_CHARACTERS, height=90)
    b = ui.text_area(t("Frase B"), pairs[0].b, key="ns_b", place=right, max_chars=MAX_CHARACTERS, height=90)
    with st.spinner(t("Leyendo las dos frases…"), show_time=True):
        (p,) = probabilities(model, ((a, b),))
        (q,) = probabilities(model, ((b, a),))
    one, other = st.columns(2)
    one.metric(t("B sigue a A"), percent(p, 1))
    other.metric(t("A sigue a B"), percent(q, 1))
    ui.what_you_see(
        t(
            "Para {model}, la segunda frase sigue a la primera con probabilidad {p}; al revés, con {q}. En el "
            "entrenamiento, la mitad de los pares eran seguidos: 50 % es no saber.",
            model=md(model.name),
            p=percent(p, 1),
            q=percent(q, 1),
        )
    )
    st.caption(
        t("Las dos frases son **una** entrada. Azul, segmento A; naranja, segmento B. La respuesta sale de [CLS].")
    )
    tokens = packed(model, a, b, MAX_TOKENS)
    if len(packed(model, a, b)) > len(tokens):
        st.warning(t("De las dos frases se leen {n} piezas; lo demás queda fuera.", n=MAX_TOKENS))
    st.html(chips([(token, ORANGE if segment else BLUE, "B" if segment else "A") for token, segment, _ in tokens]))
    rows = pd.DataFrame(tokens, columns=[t("pieza"), t("segmento"), t("especial")])
    downloads("ns_pair", lambda: rows)

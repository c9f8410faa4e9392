"""The numbers of a word, and its neighbours."""

import pandas as pd
import streamlit as st

import ui
from pages.words.shared import MAX_STRIPS, quoted, with_vector
from ui import decimal, md, t
from ui.exports import chart, downloads
from viz.kit.strip import strip
from viz.words.neighbourhood import neighbourhood
from viz.words.static import StaticVectors
from viz.words.word_lists import WordLists, known, split_words


def draw_strips(vectors: StaticVectors, lists: WordLists, tongue: str) -> None:
    start = ", ".join(known(lists.strips, vectors)[0]) or vectors.words[0]
    text = ui.text_input(t("Palabras"), start, key=f"w_words_{tongue}", max_chars=300)
    if tongue == "es":
        st.button(t("¿Y «palo» en los vectores ingleses?"), on_click=_palo_in_english, icon=":material/translate:")
    words = with_vector(split_words(text, MAX_STRIPS), vectors)
    if not words:
        return
    found = neighbourhood(vectors, words)

    def figure():
        return strip(found.vectors, words, agree=found.agree_share, agree_name=t("coinciden"))

    chart(figure(), "w_strip", t("Los números de cada palabra como celdas de color: azul negativo, rojo positivo."))
    first, near = md(words[0]), found.neighbours[0]
    seen = t(
        "Cada tira son los {n} números de una palabra. Las vecinas de «{word}» son {near} (coseno del primero: "
        "{cosine}).",
        n=found.vectors.shape[1],
        word=first,
        near=quoted(w for w, _ in near[:5]),
        cosine=decimal(near[0][1]),
    )
    if found.nearest_to_first:
        other, cosine, cells = found.nearest_to_first
        seen += " " + t(
            "De las que están aquí, la más parecida a «{word}» es «{other}» ({cosine}): coinciden en {cells} celdas. "
            "Abajo, en verde, dónde tienen las demás casi el mismo valor que «{word}», lejos de cero: más oscuro, más "
            "palabras.",
            word=first,
            other=md(other),
            cosine=decimal(cosine),
            cells=cells,
        )
    ui.what_you_see(seen)
    left, right = st.columns([3, 2])
    left.markdown("**" + t("Vecinas más próximas") + "**")
    table = pd.DataFrame(
        {word: [f"{w} · {decimal(c)}" for w, c in near] for word, near in zip(words, found.neighbours, strict=True)}
    )
    left.dataframe(table, hide_index=True, alt=t("Las diez vecinas de cada palabra, con su coseno"))
    right.markdown("**" + t("Coseno entre ellas") + "**")
    right.dataframe(
        pd.DataFrame(found.cosines, index=list(words), columns=list(words)).map(decimal),
        alt=t("Coseno de cada par de palabras"),
    )
    rows = [
        {"word": word, "neighbour": w, "cosine": c}
        for word, near in zip(words, found.neighbours, strict=True)
        for w, c in near
    ]
    downloads("w_strip", lambda: pd.DataFrame(rows), figure)


def _palo_in_english() -> None:
    st.session_state["w_source"] = "en"
    st.session_state["w_words_en"] = "palo, stick, stanford, beijing"

"""Words along an axis between two poles."""

import pandas as pd
import streamlit as st

import ui
from pages.words.shared import MAX_AXIS, with_vector
from ui import decimal, md, t
from ui.exports import chart, downloads
from viz.words.axis import axis
from viz.words.figures import axis_plot
from viz.words.static import StaticVectors
from viz.words.word_lists import WordLists, known, split_words


def draw_axis(vectors: StaticVectors, lists: WordLists, tongue: str) -> None:
    left, right = st.columns(2)
    low = ui.text_input(t("De…"), lists.axis[0], key=f"w_low_{tongue}", place=left, max_chars=60).strip()
    high = ui.text_input(t("…a"), lists.axis[1], key=f"w_high_{tongue}", place=right, max_chars=60).strip()
    start = " ".join(known(lists.axis_words, vectors)[0])
    text = ui.text_area(t("Palabras sobre el eje"), start, key=f"w_places_{tongue}", height=110, max_chars=2000)
    words = with_vector(split_words(text, MAX_AXIS), vectors)
    found = axis(vectors, low, high, words)

    def figure():
        return axis_plot(found, ordinary=t("90 % de las palabras frecuentes"))

    chart(figure(), "w_axis", t("Dónde cae cada palabra entre los dos extremos del eje."))
    if found.positions:
        (bottom, lowest), (top, highest) = found.positions[0], found.positions[-1]
        beyond = [w for w, x in found.positions if not found.ordinary[0] <= x <= found.ordinary[1]]
        ui.what_you_see(
            t(
                "La más cercana a «{low}» es «{bottom}» ({lowest}) y la más cercana a «{high}», «{top}» ({highest}); 0 "
                "es estar a igual distancia de las dos. Fuera de donde está el 90 % de las palabras frecuentes: "
                "{beyond} de {n}. Su mediana es {centre}: el cero no siempre es el centro.",
                low=md(low),
                high=md(high),
                bottom=md(bottom),
                top=md(top),
                lowest=decimal(lowest),
                highest=decimal(highest),
                beyond=len(beyond),
                n=len(words),
                centre=decimal(found.centre),
            )
        )
    st.markdown(
        t(
            "**¿Por qué pasa esto?** El vector de una palabra sale de la compañía que tuvo en los textos. Si en ellos "
            "«taxista» va más veces con palabras de hombres, su vector se inclina hacia ahí: es el sesgo de los "
            "textos, no un hecho sobre las personas, y pasa a todo lo que se construya encima. En español se mezcla "
            "con el género gramatical: compara «enfermero» y «enfermera»; por eso la lista trae sobre todo palabras "
            "que valen para los dos."
        )
    )
    table = pd.DataFrame(found.positions, columns=["word", "place"])
    st.dataframe(
        table.assign(place=table["place"].map(decimal)),
        hide_index=True,
        height=220,
        column_config={"word": t("Palabra"), "place": t("Lugar en el eje")},
        alt=t("Lugar de cada palabra en el eje"),
    )
    downloads("w_axis", lambda: table, figure)

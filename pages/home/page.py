"""Inicio: the palo picture, live and small, and the road."""

import streamlit as st

import ui
from pages.context.studies import open_study
from ui import decimal, md, percent, t
from ui.exports import chart
from ui.i18n import language
from ui.models import current_store, static_vectors
from ui.road import ROAD
from viz.context.figures.sense_map import sense_map
from viz.context.lessons import load_lessons
from viz.kit.strip import strip

lesson = next(iter(load_lessons(language()).values()))

ui.start(
    "Paloscopio",
    t("Una palabra, muchos sentidos. ¿Qué sabe de ella un vector fijo, y qué añade el contexto?"),
)
found = open_study(lesson.rows, lesson.word)
if found:
    senses = [o.sense for o in found.occurrences]
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.header(t("{name}: un vector", name=static_vectors().name), anchor=False)
        if found.static is not None:
            chart(strip(found.static[:1], [lesson.word]), "home_strip", t("El vector de «{word}».", word=lesson.word))
            chart(
                sense_map(found.static_projection().points, found.occurrences, senses, legend=False, height=220),
                "home_static",
                t("Todas las apariciones de «{word}» caen en el mismo punto.", word=lesson.word),
            )
    with right:
        best = found.best_layer
        st.header(t("{name}: uno en cada frase", name=md(current_store().model.name)), anchor=False)
        chart(
            sense_map(found.plane.points[best : best + 1], found.occurrences, senses, height=360),
            "home_map",
            t("Mapa de las apariciones de «{word}» en la capa {layer}.", word=lesson.word, layer=best),
        )
    here = found.by_layer[best]
    ui.what_you_see(
        t(
            "Son {n} frases con «{word}» en {senses} sentidos. Para {static} todas son el mismo punto (coseno {same}). "
            "En la capa {layer} de BERT la vecina más cercana, mirando solo lo que añade el contexto, tiene el mismo "
            "sentido {accuracy} de las veces; al azar sería {chance}.",
            n=here.occurrences,
            word=md(lesson.word),
            senses=len(lesson.senses),
            static=static_vectors().name,
            same=decimal(found.static_cosine, 3),
            layer=best,
            accuracy=percent(here.accuracy),
            chance=percent(here.chance),
        )
    )
    ui.question(t("Toca un punto y lee su frase: ¿está junto a otras que quieren decir lo mismo?"))

st.header(t("El camino"), anchor=False)
for number, stop in enumerate(ROAD[1:], start=1):
    with st.container(border=True):
        st.page_link(stop.script, label=f"**{number}. {t(stop.title)}**", icon=stop.icon)
        st.markdown(t(stop.lead))
st.caption(
    t(
        "Todo funciona sin red, con modelos pequeños hechos para este curso: se equivocan más que los grandes, y cada "
        "página dice cuánto. Cada vista tiene su enlace: cópialo de la barra del navegador para enviarla."
    )
)

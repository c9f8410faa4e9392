"""Which option keeps senses apart."""

import pandas as pd
import streamlit as st

import ui
from pages.features.shared import best_options, option_names, show_weights
from pages.features.tags import tagging_weights
from ui import decimal, language, md, percent, t
from ui.exports import chart, downloads
from ui.models import current_store
from viz.context.lessons import load_lessons
from viz.features.figures import option_bars
from viz.features.six_options import (
    SUMS,
    sense_scores,
    study_senses,
    word_senses,
)
from viz.model.layers import OPTIONS


def draw_senses() -> None:
    lessons = load_lessons(language())
    titles = {name: lesson.title for name, lesson in lessons.items()}
    lesson = lessons[ui.choose(t("Lección"), titles, "v_lesson", kind="selectbox")]
    store = current_store()
    with st.spinner(t("BERT lee las frases…"), show_time=True):
        found = word_senses(store, lesson)
    scores = sense_scores(found)
    accuracies = {name: 100 * score.accuracy for name, score in scores.items() if score.accuracy is not None}
    blind = scores["last"].chance
    assert blind is not None  # a lesson has senses to tell apart
    chance = 100 * blind

    def figure():
        bars = {t("acierto"): list(accuracies.values())}
        axis = t("% con vecina de su sentido")
        return option_bars(bars, option_names(), axis, chance=chance, chance_name=t("azar"))

    chart(figure(), "v_senses", t("Acierto de cada opción al separar los sentidos de la palabra"))
    table = pd.DataFrame(
        {
            "option": option_names(),
            "accuracy": [s.accuracy for s in scores.values()],
            "silhouette": [s.silhouette for s in scores.values()],
        }
    )
    accuracy = [percent(x, 1) for x in table["accuracy"]]
    shown = table.assign(accuracy=accuracy, silhouette=table["silhouette"].map(decimal))
    st.dataframe(
        shown,
        hide_index=True,
        alt=t("Acierto y silueta de cada opción"),
        column_config={"option": t("Opción"), "accuracy": t("Vecina del mismo sentido"), "silhouette": t("Silueta")},
    )
    name, best = best_options(accuracies)
    ui.what_you_see(
        t(
            "Con las {n} apariciones de «{word}», comparando solo lo que añade el contexto (se resta su media), gana "
            "«{best}»: en {share} la aparición más parecida tiene el mismo sentido; con la peor opción, en {low} (al "
            "azar, {chance}). Son pocas frases: {one} arriba o abajo es una sola aparición. Las sumas pesan aquí todas "
            "las capas por igual.",
            n=len(found.senses),
            word=md(lesson.word),
            best=name,
            share=percent(best / 100),
            low=percent(min(accuracies.values()) / 100),
            chance=percent(chance / 100),
            one=percent(1 / len(found.senses)),
        )
    )
    downloads("v_senses", lambda: table, figure)
    if st.toggle(t("Medir todas las lecciones y aprender los pesos de las capas"), key="v_all", bind="query-params"):
        _all_senses(store)


def _all_senses(store) -> None:
    with st.spinner(t("BERT lee todas las lecciones y se aprenden los pesos…"), show_time=True):
        study = _study(store.model.name, id(store.model), language(), store)
    learned = [100 * study.learned[o.id] if o.id in SUMS else None for o in OPTIONS]
    equal = [100 * study.equal[o.id] for o in OPTIONS]

    def figure():
        return option_bars(
            {t("pesos iguales"): equal, t("pesos aprendidos con otras palabras"): learned},
            option_names(),
            t("% con vecina de su sentido"),
            chance=100 * study.chance,
            chance_name=t("azar"),
        )

    chart(figure(), "v_all_senses", t("Acierto medio de cada opción sobre todas las lecciones"))
    weights = {t("sentidos"): study.weights} | tagging_weights()
    show_weights("v_sense_weights", weights)
    name, best = best_options(study.equal)
    top = 1 + max(range(len(study.weights)), key=lambda n: study.weights[n])
    ui.what_you_see(
        t(
            "Media de {words} palabras ({n} apariciones): gana «{best}» con {share} (azar: {chance}); los embeddings, "
            "que no han mirado la frase, {bottom}. Aprender los pesos lleva la suma de todas de {before} a {after}, y "
            "el mayor es el de la capa {top} ({weight}; iguales serían {equal}).",
            words=study.words,
            n=study.occurrences,
            best=name,
            share=percent(best),
            chance=percent(study.chance),
            bottom=percent(study.equal["embeddings"]),
            before=percent(study.equal["sum_all"], 1),
            after=percent(study.learned["sum_all"], 1),
            top=top,
            weight=percent(float(study.weights[top - 1]), 1),
            equal=percent(1 / len(study.weights), 1),
        )
    )
    rows = {"option": option_names(), "equal_weights": equal, "learned_weights": learned}
    downloads("v_all_senses", lambda: pd.DataFrame(rows), figure)


@st.cache_resource(max_entries=6, show_spinner=False)
def _study(model: str, identity: int, lang: str, _store):
    return study_senses([word_senses(_store, lesson) for lesson in load_lessons(lang).values()])

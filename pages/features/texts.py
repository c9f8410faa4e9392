"""Which option classifies best."""

import pandas as pd
import streamlit as st

import ui
from pages.classify.lab import text_states
from pages.features.shared import best_options, option_names, show_weights
from pages.features.tags import tagging_weights
from ui import N_, language, percent, plural, t
from ui.exports import chart, downloads
from ui.models import current_model
from viz.classify.datasets import SHIPPED, Dataset, load_shipped
from viz.classify.states import POOLINGS
from viz.features.figures import option_bars
from viz.features.six_options import (
    shorten,
    study_texts,
)

MAX_TEXTS = 600
OWN = "own"


def draw_texts() -> None:
    own = st.session_state.get("classify_data")
    titles = {s.id: s.title for s in SHIPPED} | ({OWN: N_("Lo que tienes en «Clasificar»")} if own else {})
    left, right = st.columns([3, 2])
    chosen = ui.choose(t("Textos"), titles, "v_data", default=OWN if own else None, kind="selectbox", place=left)
    names = {"cls": "[CLS]", "mean": N_("Media de las piezas")}
    pooling = ui.choose(t("Un vector por texto"), names, "v_pool", default="mean", place=right)
    data = _own(own) if own and chosen == OWN else load_shipped(chosen)
    data = shorten(data, MAX_TEXTS)
    model = current_model()
    states = text_states(id(model), model)
    texts = [text for text, _ in data.rows]
    bar = st.progress(0.0, t("BERT lee los textos…"))

    def progress(done: int, total: int) -> None:
        bar.progress(done / total, t("BERT lee los textos: {done} de {total}", done=done, total=total))

    states.prepare(texts, progress)
    bar.empty()
    with st.spinner(t("Ajustando las capas softmax…"), show_time=True):
        study = _text_study((model.name, id(model), data.key, pooling), states, data, POOLINGS.index(pooling))
    accuracies = {name: 100 * fit.score.accuracy for name, fit in study.fits.items()}
    truth = study.fits["last"].score.confusion.sum(axis=1)
    chance = 100 * max(truth) / sum(truth)

    def figure():
        return option_bars(
            {t("acierto"): list(accuracies.values())},
            option_names(),
            t("% de los textos de medir"),
            chance=chance,
            chance_name=t("siempre la más frecuente"),
        )

    chart(figure(), "v_texts", t("Acierto de cada opción al clasificar los textos"))
    table = pd.DataFrame(
        {
            "option": option_names(),
            "accuracy": [f.score.accuracy for f in study.fits.values()],
            "low": [f.score.accuracy_interval[0] for f in study.fits.values()],
            "high": [f.score.accuracy_interval[1] for f in study.fits.values()],
            "macro_f1": [f.score.macro_f1 for f in study.fits.values()],
        }
    )
    st.dataframe(
        table.assign(**{c: table[c].map(lambda x: percent(x, 1)) for c in table.columns[1:]}),
        hide_index=True,
        column_config={
            "option": t("Opción"),
            "accuracy": t("Acierto"),
            "low": t("desde (95 %)"),
            "high": t("hasta (95 %)"),
            "macro_f1": t("Macro-F1"),
        },
        alt=t("Acierto de cada opción con su intervalo"),
    )
    name, best = best_options(accuracies)
    worst = min(accuracies.values())
    winner = max(study.fits.values(), key=lambda f: f.score.accuracy).score
    tied = sum(f.score.accuracy >= winner.accuracy_interval[0] for f in study.fits.values())
    ui.what_you_see(
        t(
            "Una capa softmax sobre cada vector, aprendida con {train} textos y medida en {test}: gana «{best}» con "
            "{share}, y la peor queda en {worst}. Con tan pocos textos, lo que vale la ganadora está entre {low} y "
            "{high} (95 %): {tie}.",
            train=len(data.train),
            test=len(data.test),
            best=name,
            share=percent(best / 100, 1),
            worst=percent(worst / 100, 1),
            low=percent(winner.accuracy_interval[0]),
            high=percent(winner.accuracy_interval[1]),
            tie=plural(
                tied,
                "ninguna otra de las seis cabe ahí",
                "{n} de las seis, ella incluida, caben ahí y no se puede decir cuál es mejor",
            ),
        )
    )
    show_weights("v_text_weights", {t("clasificación"): study.weights} | tagging_weights())
    downloads("v_texts", lambda: table, figure)


def _own(own: dict) -> Dataset:
    return Dataset(own["name"], language(), *(tuple(own[split]) for split in ("train", "dev", "test")))


@st.cache_resource(max_entries=20, show_spinner=False)
def _text_study(key: tuple, _states, _data: Dataset, pooling: int):
    return study_texts(_states([text for text, _ in _data.rows])[:, pooling], _data)

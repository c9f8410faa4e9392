"""Which option tags best."""

import pandas as pd
import streamlit as st

import ui
import viz
from pages.features.shared import best_options, option_names, show_weights
from ui import decimal, percent, t
from ui.exports import chart, downloads
from viz.features.figures import option_bars
from viz.features.six_options import (
    PAPER_FINE_TUNED,
    load_features,
    rank_agreement,
)
from viz.model.layers import OPTIONS


def draw_tags() -> None:
    measured = load_features()
    ours = {o.id: measured["options"][o.id]["f1"] for o in OPTIONS}
    series = {
        t("aquí: AnCora, español"): [100 * value for value in ours.values()],
        t("artículo: CoNLL-2003, inglés"): [o.paper_f1 for o in OPTIONS],
    }

    def figure():
        return option_bars(series, option_names(), t("micro-F1 por entidad, %"))

    chart(figure(), "v_tags", t("F1 de cada opción al reconocer entidades, aquí y en el artículo"))
    table = pd.DataFrame(
        {
            "option": option_names(),
            "ours": [100 * value for value in ours.values()],
            "paper": [o.paper_f1 for o in OPTIONS],
            "precision": [100 * measured["options"][o.id]["precision"] for o in OPTIONS],
            "recall": [100 * measured["options"][o.id]["recall"] for o in OPTIONS],
        }
    )
    st.dataframe(
        table.assign(**{c: table[c].map(lambda x: decimal(x, 1)) for c in table.columns[1:]}),
        hide_index=True,
        column_config={
            "option": t("Opción"),
            "ours": t("F1 aquí"),
            "paper": t("F1 del artículo"),
            "precision": t("Precisión aquí"),
            "recall": t("Cobertura aquí"),
        },
        alt=t("F1 de cada opción, aquí y en el artículo"),
    )
    name, best = best_options(ours)
    paper, paper_best = best_options({o.id: o.paper_f1 for o in OPTIONS})
    ui.what_you_see(
        t(
            "Aquí gana «{best}» ({ours} de F1) y en el artículo, entre las seis, «{paper}» ({theirs}); ajustar el "
            "modelo entero le dio {tuned}. El orden de las seis se parece al suyo en {rank} (correlación de Spearman; "
            "1 sería el mismo orden). De los embeddings a la mejor opción hay aquí {gain} puntos y allí {their_gain}.",
            best=name,
            ours=decimal(100 * best, 1),
            paper=paper,
            theirs=decimal(paper_best, 1),
            tuned=decimal(PAPER_FINE_TUNED, 1),
            rank=decimal(rank_agreement(ours)),
            gain=decimal(100 * (best - ours["embeddings"]), 1),
            their_gain=decimal(paper_best - OPTIONS[0].paper_f1, 1),
        )
    )
    st.markdown(
        t(
            "**Por qué no salen los mismos números.** Otra lengua y otro corpus, con {types} clases de entidad en vez "
            "de 4 ({names}); un modelo de {hidden} números por token en vez de 768, entrenado con mucho menos texto; "
            "{train} frases de entrenamiento, medido en {dev} de desarrollo ({entities} entidades); y un etiquetador "
            "más ligero: {tagger}. Se compara el orden de las opciones, no los puntos.",
            types=len(measured["types"]),
            names=", ".join(measured["types"]),
            hidden=measured["hidden"],
            train=decimal(measured["train_sentences"], 0),
            dev=decimal(measured["dev_sentences"], 0),
            entities=decimal(measured["dev_entities"], 0),
            tagger=t(
                "una BiLSTM de {units} celdas por sentido y una capa lineal, {epochs} pasadas", **measured["tagger"]
            ),
        )
    )
    weights = tagging_weights()
    show_weights("v_tag_weights", weights)
    tops = {task: 1 + max(range(len(w)), key=lambda n: w[n]) for task, w in weights.items()}
    ui.what_you_see(
        " ".join(
            t(
                "Para {task}, el mayor peso es el de la capa {layer} ({weight}).",
                task=task,
                layer=layer,
                weight=percent(float(weights[task][layer - 1]), 1),
            )
            for task, layer in tops.items()
        )
    )
    st.caption(
        t(
            "Medido con el modelo incluido ({model}) por «{command}».",
            model=measured["model"],
            command="python -m benchmarks.features",
        )
    )
    downloads("v_tags", lambda: table, figure)


def tagging_weights() -> dict[str, list[float]]:
    """What the benchmark learned; nothing where it was not run."""
    try:
        learned = load_features()["layer_weights"]
    except viz.Problem:
        return {}
    return {t("entidades"): learned["entities"], t("categorías gramaticales (sintaxis)"): learned["parts_of_speech"]}

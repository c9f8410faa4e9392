"""¿Qué vector usar?: the six feature options of the paper's Table 7 on three questions, and learned layer weights."""

import pandas as pd
import streamlit as st

import ui
import viz
from pages.classify.lab import text_states
from ui import decimal, language, md, percent, t
from ui.exports import chart, downloads
from ui.models import current_model, current_store
from viz.classify.datasets import SHIPPED, Dataset, load_shipped
from viz.classify.states import POOLINGS
from viz.context.lessons import load_lessons
from viz.features.figures import option_bars, weight_lines
from viz.features.six_options import (
    PAPER_FINE_TUNED,
    SUMS,
    load_features,
    rank_agreement,
    sense_scores,
    shorten,
    study_senses,
    study_texts,
    word_senses,
)
from viz.model.layers import OPTIONS

MAX_TEXTS = 600
OWN = "own"
VIEWS = {
    "senses": t("¿Cuál separa mejor los sentidos?"),
    "tags": t("¿Cuál etiqueta mejor?"),
    "texts": t("¿Cuál clasifica mejor?"),
}


def main() -> None:
    ui.start(
        t("¿Qué vector usar?"),
        t(
            "BERT da un vector por token **y por capa**. Si no se ajusta el modelo entero, hay que elegir: el artículo "
            "probó seis maneras. Aquí están las seis, medidas en tres preguntas."
        ),
    )
    ui.question(t("¿Gana la misma opción en las tres preguntas? Apuesta antes de mirar."))
    view = st.segmented_control(
        t("Pregunta"),
        list(VIEWS),
        format_func=VIEWS.get,
        default="senses",
        required=True,
        key=f"v_view_{language()}",
        bind="query-params",
    )
    try:
        {"senses": _senses, "tags": _tags, "texts": _texts}[view]()
    except viz.Problem as problem:
        ui.fail(problem)
    ui.limits(
        t(
            "Las palabras son las de las lecciones; los textos para clasificar, hasta {n} (se toman repartidos).",
            n=MAX_TEXTS,
        )
    )
    ui.next_stop("features")


def _names() -> list[str]:
    return [t(option.label) for option in OPTIONS]


def _best(figures: dict[str, float]) -> tuple[str, float]:
    """The option of the highest figure and that figure; the first one on a tie."""
    best = max(figures, key=figures.get)
    return next(t(option.label) for option in OPTIONS if option.id == best), figures[best]


# --- senses


def _senses() -> None:
    lessons = load_lessons(language())
    titles = {lesson.title: lesson for lesson in lessons.values()}
    title = st.selectbox(t("Lección"), list(titles), key=f"v_lesson_{language()}", bind="query-params")
    lesson = titles[title]
    store = current_store()
    with st.spinner(t("BERT lee las frases…"), show_time=True):
        found = word_senses(store, lesson)
    scores = sense_scores(found)
    accuracies = {name: 100 * score.accuracy for name, score in scores.items()}
    chance = 100 * scores["last"].chance

    def figure():
        bars = {t("acierto"): list(accuracies.values())}
        axis = t("% con vecina de su sentido")
        return option_bars(bars, _names(), axis, chance=chance, chance_name=t("azar"))

    chart(figure(), "v_senses", t("Acierto de cada opción al separar los sentidos de la palabra"))
    table = pd.DataFrame(
        {
            "option": _names(),
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
    name, best = _best(accuracies)
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
    downloads("v_senses", table, figure)
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
            _names(),
            t("% con vecina de su sentido"),
            chance=100 * study.chance,
            chance_name=t("azar"),
        )

    chart(figure(), "v_all_senses", t("Acierto medio de cada opción sobre todas las lecciones"))
    weights = {t("sentidos"): study.weights} | _tagging_weights()
    _weights("v_sense_weights", weights)
    name, best = _best(study.equal)
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
    rows = {"option": _names(), "equal_weights": equal, "learned_weights": learned}
    downloads("v_all_senses", pd.DataFrame(rows), figure)


@st.cache_resource(max_entries=6, show_spinner=False)
def _study(model: str, identity: int, lang: str, _store):
    return study_senses([word_senses(_store, lesson) for lesson in load_lessons(lang).values()])


# --- tags


def _tags() -> None:
    measured = load_features()
    ours = {o.id: measured["options"][o.id]["f1"] for o in OPTIONS}
    series = {
        t("aquí: AnCora, español"): [100 * value for value in ours.values()],
        t("artículo: CoNLL-2003, inglés"): [o.paper_f1 for o in OPTIONS],
    }

    def figure():
        return option_bars(series, _names(), t("micro-F1 por entidad, %"))

    chart(figure(), "v_tags", t("F1 de cada opción al reconocer entidades, aquí y en el artículo"))
    table = pd.DataFrame(
        {
            "option": _names(),
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
    name, best = _best(ours)
    paper, paper_best = _best({o.id: o.paper_f1 for o in OPTIONS})
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
    weights = _tagging_weights()
    _weights("v_tag_weights", weights)
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
    downloads("v_tags", table, figure)


def _tagging_weights() -> dict[str, list[float]]:
    """What the benchmark learned; nothing where it was not run."""
    try:
        learned = load_features()["layer_weights"]
    except viz.Problem:
        return {}
    return {t("entidades"): learned["entities"], t("categorías gramaticales (sintaxis)"): learned["parts_of_speech"]}


# --- texts


def _texts() -> None:
    own = st.session_state.get("classify_data")
    titles = {s.id: t(s.title) for s in SHIPPED} | ({OWN: t("Lo que tienes en «Clasificar»")} if own else {})
    left, right = st.columns([3, 2])
    chosen = left.selectbox(
        t("Textos"),
        list(titles),
        format_func=titles.get,
        key=f"v_data_{language()}",
        index=len(titles) - 1 if own else 0,
        bind="query-params",
    )
    pooling = right.segmented_control(
        t("Un vector por texto"),
        POOLINGS,
        default="mean",
        required=True,
        key=f"v_pool_{language()}",
        bind="query-params",
        format_func={"cls": t("[CLS]"), "mean": t("Media de las piezas")}.get,
    )
    data = _own(own) if chosen == OWN else load_shipped(chosen)
    data = shorten(data, MAX_TEXTS)
    model = current_model()
    states = text_states(id(model), model)
    texts = [text for text, _ in data.rows]
    bar = st.progress(0.0, t("BERT lee los textos…"))
    states.prepare(
        texts,
        lambda done, total: bar.progress(
            done / total, t("BERT lee los textos: {done} de {total}", done=done, total=total)
        ),
    )
    bar.empty()
    with st.spinner(t("Ajustando las capas softmax…"), show_time=True):
        study = _text_study((model.name, id(model), data.key, pooling), states, data, POOLINGS.index(pooling))
    accuracies = {name: 100 * fit.score.accuracy for name, fit in study.fits.items()}
    truth = study.fits["last"].score.confusion.sum(axis=1)
    chance = 100 * max(truth) / sum(truth)

    def figure():
        return option_bars(
            {t("acierto"): list(accuracies.values())},
            _names(),
            t("% de los textos de medir"),
            chance=chance,
            chance_name=t("siempre la más frecuente"),
        )

    chart(figure(), "v_texts", t("Acierto de cada opción al clasificar los textos"))
    table = pd.DataFrame(
        {
            "option": _names(),
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
    name, best = _best(accuracies)
    worst = min(accuracies.values())
    winner = max(study.fits.values(), key=lambda f: f.score.accuracy).score
    tied = sum(f.score.accuracy >= winner.accuracy_interval[0] for f in study.fits.values())
    ui.what_you_see(
        t(
            "Una capa softmax sobre cada vector, aprendida con {train} textos y medida en {test}: gana «{best}» con "
            "{share}, y la peor queda en {worst}. Con tan pocos textos, lo que vale la ganadora está entre {low} y "
            "{high} (95 %): {tied} de las seis, ella incluida, caben ahí y no se puede decir cuál es mejor.",
            train=len(data.train),
            test=len(data.test),
            best=name,
            share=percent(best / 100, 1),
            worst=percent(worst / 100, 1),
            low=percent(winner.accuracy_interval[0]),
            high=percent(winner.accuracy_interval[1]),
            tied=tied,
        )
    )
    _weights("v_text_weights", {t("clasificación"): study.weights} | _tagging_weights())
    downloads("v_texts", table, figure)


def _own(own: dict) -> Dataset:
    return Dataset(own["name"], language(), *(tuple(own[split]) for split in ("train", "dev", "test")))


@st.cache_resource(max_entries=20, show_spinner=False)
def _text_study(key: tuple, _states, _data: Dataset, pooling: int):
    return study_texts(_states([text for text, _ in _data.rows])[:, pooling], _data)


def _weights(key: str, weights: dict) -> None:
    st.markdown("**" + t("Qué capas pide cada tarea") + "**")
    st.caption(
        t(
            "Pesos aprendidos de la suma de todas las capas: un softmax s sobre las capas y una escala γ, como en ELMo "
            "(Peters y otros, 2018)."
        )
    )
    chart(
        weight_lines(weights, t("capa"), t("peso"), t("iguales")),
        key,
        t("Peso aprendido de cada capa, una línea por tarea"),
    )


main()

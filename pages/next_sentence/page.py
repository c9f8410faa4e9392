"""¿Sigue o no sigue?: BERT's second training task, with ready pairs, own pairs and a shuffled paragraph."""

import random

import pandas as pd
import streamlit as st

import ui
import viz
from ui import decimal, language, md, percent, t
from ui.exports import chart, downloads
from ui.i18n import from_another_language
from ui.models import model_with
from viz.kit.chips import chips
from viz.kit.palette import BLUE, ORANGE
from viz.next_sentence.figures import dot_rows, follow_matrix
from viz.next_sentence.follow import (
    MAX_SENTENCES,
    Order,
    follow,
    need_next,
    neighbours_kept,
    packed,
    reorder,
    shuffled,
    trial,
)
from viz.next_sentence.lessons import load_next

MAX_CHARACTERS = 300
MAX_TOKENS = 128
KINDS = ("next", "topic", "random")
LAST_SEED = 9999


def main() -> None:
    ui.start(
        t("¿Sigue o no sigue?"),
        t(
            "Además de palabras ocultas, BERT practicó con pares de frases: la mitad iban seguidas en un texto, la "
            "otra mitad eran dos frases al azar. Tenía que decir cuál era el caso."
        ),
    )
    model = model_with(need_next, "ns_embedded")
    ui.question(t("¿Se fija en si una frase **sigue** a la otra, o solo en si **hablan de lo mismo**?"))
    draws = {"pair": draw_pair, "kinds": draw_kinds, "order": draw_order}
    names = {"pair": t("Dos frases"), "kinds": t("Los pares de la lección"), "order": t("Ordenar un párrafo")}
    section = st.segmented_control(
        t("Sección"),
        list(draws),
        default="pair",
        required=True,
        key="ns_section",
        bind="query-params",
        format_func=names.get,
        label_visibility="collapsed",
    )
    try:
        draws[section](model)
    except viz.Problem as problem:
        ui.fail(problem)
    with st.expander(t("¿Sirvió esta tarea?"), icon=":material/history_edu:"):
        st.markdown(
            t(
                "En el artículo de BERT, entrenar sin ella empeora las cinco tareas de la tabla 5, sobre todo QNLI (de "
                "88,4 a 84,9). **RoBERTa** (Liu et al. 2019, apartado 4.2) lo repitió con más cuidado: quitándola y "
                "llenando la entrada de texto seguido, los resultados quedan igual o mejoran un poco. **ALBERT** (Lan "
                "et al. 2020) propuso por qué: con frases al azar basta reconocer el tema, que es fácil; por eso la "
                "cambió por decir si dos frases seguidas están en su orden."
            )
        )
    ui.limits(
        t(
            "Frases de hasta {letters} letras y {tokens} trozos por par; párrafos de 2 a {most} frases. Las "
            "probabilidades son del modelo {model}.",
            letters=MAX_CHARACTERS,
            tokens=MAX_TOKENS,
            most=MAX_SENTENCES,
            model=md(model.name),
        )
    )
    ui.next_stop("next_sentence")


def draw_pair(model: viz.Model) -> None:
    pairs = load_next(language()).pairs
    kinds = kind_names()

    def take() -> None:
        chosen = st.session_state["ns_ready"]
        if chosen is not None:
            st.session_state["ns_a"], st.session_state["ns_b"] = pairs[chosen].a, pairs[chosen].b

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
    a = left.text_area(t("Frase A"), pairs[0].a, key="ns_a", bind="query-params", max_chars=MAX_CHARACTERS, height=90)
    b = right.text_area(t("Frase B"), pairs[0].b, key="ns_b", bind="query-params", max_chars=MAX_CHARACTERS, height=90)
    with st.spinner(t("Leyendo las dos frases…"), show_time=True):
        (p,) = probabilities(model, model.name, ((a, b),))
        (q,) = probabilities(model, model.name, ((b, a),))
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
    st.html(chips([(token, ORANGE if segment else BLUE, "B" if segment else "A") for token, segment, _ in tokens]))
    rows = pd.DataFrame(tokens, columns=[t("trozo"), t("segmento"), t("especial")])
    downloads("ns_pair", lambda: rows)


def draw_kinds(model: viz.Model) -> None:
    pairs, names = load_next(language()).pairs, kind_names()
    with st.spinner(t("Leyendo {n} pares…", n=len(pairs)), show_time=True):
        found = probabilities(model, model.name, tuple((pair.a, pair.b) for pair in pairs))
    groups = {kind: [] for kind in KINDS}
    for x, p in zip(pairs, found, strict=True):
        groups[x.kind].append((f"{x.a} → {x.b}", p))
    figure = dot_rows({names[kind]: rows for kind, rows in groups.items()}, t("probabilidad de que B siga a A"))
    means = {kind: percent(sum(p for _, p in rows) / len(rows)) for kind, rows in groups.items()}
    over = {kind: sum(p > 0.5 for _, p in rows) for kind, rows in groups.items()}
    summary = t(
        "De media, BERT da {next} a los pares que siguen de verdad, {topic} a los del mismo tema que no siguen y "
        "{random} a los tomados al azar. Dice «sí» (más de 50 %) a {n_next}, {n_topic} y {n_random} de {all}.",
        n_next=over["next"],
        n_topic=over["topic"],
        n_random=over["random"],
        all=len(groups["next"]),
        **means,
    )
    chart(figure, "ns_kinds", summary)
    ui.what_you_see(summary)
    rows = pd.DataFrame(
        [
            {t("probabilidad"): p, t("tipo de par"): names[x.kind], "A": x.a, "B": x.b}
            for x, p in zip(pairs, found, strict=True)
        ]
    )
    st.dataframe(
        rows,
        hide_index=True,
        column_config={t("probabilidad"): st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)},
    )
    downloads("ns_kinds", lambda: rows, lambda: figure)


def draw_order(model: viz.Model) -> None:
    paragraphs = {p.title: p for p in load_next(language()).paragraphs}

    def take() -> None:
        chosen = st.session_state["ns_title"]
        if chosen:
            st.session_state["ns_lines"] = "\n".join(paragraphs[chosen].sentences)

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
    typed = st.text_area(
        t("Un párrafo en su orden, una frase por línea"),
        first,
        key="ns_lines",
        bind="query-params",
        max_chars=MAX_CHARACTERS * MAX_SENTENCES,
        height=170,
    )
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    seed = left.number_input(t("Baraja"), 1, LAST_SEED, key="ns_seed", bind="query-params")
    right.button(t("Barajar otra vez"), on_click=again, icon=":material/shuffle:")
    sentences = [line.strip() for line in typed.splitlines() if line.strip()]
    given = shuffled(len(sentences), seed)
    with st.spinner(t("Probando cada frase detrás de cada otra…"), show_time=True):
        found = ordered(model, model.name, tuple(sentences[i] for i in given))
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
        score = lesson_trial(model, model.name, language())
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


def kind_names() -> dict[str, str]:
    return {"next": t("sigue de verdad"), "topic": t("mismo tema, no sigue"), "random": t("al azar")}


def again() -> None:
    st.session_state["ns_seed"] = random.randint(1, LAST_SEED)


@st.cache_data(max_entries=200, show_spinner=False)
def probabilities(_model: viz.Model, name: str, pairs: tuple[tuple[str, str], ...]) -> list[float]:
    return follow(_model, pairs, MAX_TOKENS).tolist()


@st.cache_data(max_entries=100, show_spinner=False)
def ordered(_model: viz.Model, name: str, sentences: tuple[str, ...]) -> Order:
    return reorder(_model, sentences, MAX_TOKENS)


@st.cache_data(max_entries=4, show_spinner=False)
def lesson_trial(_model: viz.Model, name: str, lang: str):
    return trial(_model, [p.sentences for p in load_next(lang).paragraphs])


main()

"""Hide words, see what the model would write, try words of your own."""

import pandas as pd
import streamlit as st

import ui
import viz
from pages.masked.shared import (
    MAX_TOKENS,
    candidate_scores,
    chance,
    choose_text,
    hesitation,
    pick_hidden,
    readings,
    shown,
    warn_cut,
)
from ui import decimal, md, t
from ui.exports import chart, downloads
from viz.kit.chips import chips
from viz.masked import cloze, joint
from viz.masked.figures import word_bars

MAX_CANDIDATES = 12


def draw(model: viz.Model) -> None:
    ui.question(t("Oculta «palo» y luego otra palabra cercana: ¿sabe BERT todavía de qué palo se habla?"))
    text, words = choose_text(model)
    hidden = pick_hidden(text, words, t("Pulsa las palabras que quieras ocultar"))
    found = cloze.hide(model, text, hidden, MAX_TOKENS)
    warn_cut(found)
    st.caption(t("Lo que recibe el modelo"))
    st.html(chips(shown(model, found)))
    if not found.gaps:
        st.info(t("No hay nada oculto todavía: pulsa una palabra."), icon=":material/touch_app:")
        return
    with st.spinner(t("Leyendo la frase…"), show_time=True):
        answers = readings(model, found)
    draw_readings(model, found, answers)
    ui.what_you_see(" ".join(said(n, answer) for n, answer in enumerate(answers, start=1)))
    downloads("mw_gaps", lambda: table(answers), lambda: word_bars(answers[0].top, truth(answers[0])))
    draw_candidates(model, found)
    if len(found.gaps) > 1:
        draw_joint(model, found)


def draw_readings(model: viz.Model, found: cloze.Cloze, answers: list[cloze.GapAnswer]) -> None:
    columns = st.columns(min(len(answers), 2))
    for n, answer in enumerate(answers, start=1):
        with columns[(n - 1) % len(columns)]:
            st.markdown(f"**{t('Hueco {n}', n=n)}**")
            chart(word_bars(answer.top, truth(answer), t("probabilidad")), f"mw_bars_{n}", said(n, answer))
            pieces = len(answer.gap.positions)
            if pieces > 1 and answer.truth:
                st.caption(
                    t(
                        "«{word}» son {n} piezas ({pieces}): se ocultan todas, y las respuestas son de {n} piezas "
                        "también. Su probabilidad se encadena de izquierda a derecha.",
                        word=md(answer.truth.word),
                        n=pieces,
                        pieces=md(" ".join(answer.truth.pieces)),
                    )
                )


def truth(answer: cloze.GapAnswer) -> tuple[str, float] | None:
    return (answer.truth.word, answer.truth.prob) if answer.truth else None


def said(n: int, answer: cloze.GapAnswer) -> str:
    """One gap in a sentence."""
    best, p = answer.top[0]
    text = t(
        "Hueco {n}: lo primero que escribiría es «{best}» ({p}); {doubt}.",
        n=n,
        best=md(best),
        p=chance(p),
        doubt=hesitation(answer),
    )
    if answer.truth:
        text += " " + t(
            "La palabra oculta, «{word}», recibe {p} (puesto {rank}).",
            word=md(answer.truth.word),
            p=chance(answer.truth.prob),
            rank=ranks(answer.truth),
        )
    return text


def ranks(score: cloze.WordFit) -> str:
    return " · ".join(decimal(rank, 0) for rank in score.ranks)


def table(answers: list[cloze.GapAnswer]) -> pd.DataFrame:
    rows = [
        {t("hueco"): n, t("puesto"): rank, t("palabra"): word, t("probabilidad"): p}
        for n, answer in enumerate(answers, start=1)
        for rank, (word, p) in enumerate(answer.top, start=1)
    ]
    return pd.DataFrame(rows)


def draw_candidates(model: viz.Model, found: cloze.Cloze) -> None:
    st.header(t("Tu palabra"), anchor=False)
    g = 0
    if len(found.gaps) > 1:
        ui.forget("mw_gap", tuple((gap.start, gap.end) for gap in found.gaps), 1)
        numbers = {n: str(n) for n in range(1, len(found.gaps) + 1)}
        g = ui.choose(t("En el hueco"), numbers, "mw_gap") - 1
    asked = ui.text_input(
        t("Palabras para ese hueco, separadas por comas"),
        key="mw_candidates",
        max_chars=200,
        placeholder=t("palo, palote, tablón"),
    )
    words = list(dict.fromkeys(w.strip() for w in asked.split(",") if w.strip()))
    if not words:
        if st.session_state["mw_candidates"].strip(" ,"):
            st.error(t("Lo que hay escrito no se ve: son caracteres sin letra, y no se puede escribir con ellos."))
        return
    if len(words) > MAX_CANDIDATES:
        st.warning(t("Se miran las {n} primeras palabras.", n=MAX_CANDIDATES))
    try:
        scores = candidate_scores(model, found, g, tuple(words[:MAX_CANDIDATES]))
    except viz.Problem as problem:
        ui.fail(problem)
        return
    rows = pd.DataFrame(
        [
            {
                t("palabra"): s.word,
                t("piezas"): " ".join(s.pieces),
                t("probabilidad"): chance(s.prob),
                t("puesto de cada pieza"): ranks(s),
            }
            for s in sorted(scores, key=lambda s: (len(s.pieces), -s.log_prob))
        ]
    )
    st.dataframe(rows, hide_index=True)
    if len({len(s.pieces) for s in scores}) > 1:
        st.caption(
            t(
                "Una palabra de varias piezas recibe tantos [MASK] como piezas tiene, y su probabilidad es el producto "
                "de las de sus piezas, de izquierda a derecha. Es su probabilidad **entre las palabras de ese largo**: "
                "compara solo palabras con el mismo número de piezas."
            )
        )


def draw_joint(model: viz.Model, found: cloze.Cloze) -> None:
    st.header(t("Los huecos juntos"), anchor=False)
    st.markdown(
        t(
            "BERT rellena cada hueco **por separado**, como si los demás siguieran vacíos. Para leerlos juntos hay que "
            "encadenar: se rellena uno, se mira otra vez, y así. El orden importa, porque las respuestas de BERT no "
            "salen de una única probabilidad conjunta."
        )
    )
    try:
        with st.spinner(t("Encadenando los huecos…"), show_time=True):
            fillings, apart, orders = cached_joint(model, found)
    except viz.Problem as problem:
        ui.fail(problem)
        return
    rows = pd.DataFrame(
        [
            {
                **{t("hueco {n}", n=n): w for n, w in enumerate(f.words, start=1)},
                t("probabilidad encadenada"): chance(f.prob),
                t("por separado (producto)"): chance(p),
            }
            for f, p in zip(fillings, apart, strict=True)
        ]
    )
    st.dataframe(rows, hide_index=True)
    st.caption(
        t(
            "De izquierda a derecha, con un haz de {width}: las {width} mejores combinaciones que encuentra.",
            width=len(fillings),
        )
    )
    (first, high), (last, low) = orders[0], orders[-1]
    times = decimal(high / low, 1)
    values = {"high": chance(high), "low": chance(low), "first": arrow(first), "last": arrow(last)}
    st.markdown(
        t(
            "**El orden.** La primera combinación vale {high} tanto si se rellena en el orden {first} como en el orden "
            "{last}: aquí da lo mismo.",
            **values,
        )
        if times == decimal(1, 1)
        else t(
            "**El orden.** La primera combinación vale {high} si se rellena en el orden {first}, y {low} en el orden "
            "{last}: {times} veces menos.",
            times=times,
            **values,
        )
    )
    downloads("mw_joint", lambda: rows)


def arrow(order: tuple[int, ...]) -> str:
    return " → ".join(str(g + 1) for g in order)


@ui.cache_data(max_entries=50)
def cached_joint(model: viz.Model, found: cloze.Cloze):
    fillings = joint.joint(model, found)
    return fillings, joint.separate(model, found, fillings), joint.orders(model, found, fillings[0].ids)

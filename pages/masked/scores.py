"""Every word in its turn: where the model is surprised, and what the right side of a gap is worth."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

import ui
import viz
from pages.masked.gaps import said, truth
from pages.masked.shared import MAX_TOKENS, both_sides, chance, choose_text, pick_one, readings, surprises, warn_cut
from ui import decimal, md, t
from ui.exports import chart, downloads
from viz.masked import cloze, surprise
from viz.masked.figures import surprise_bars, surprise_text, word_bars


def draw_surprise(model: viz.Model) -> None:
    ui.question(t("Cambia una palabra por otra que no pegue. ¿Se sorprende BERT ahí, o en las de al lado?"))
    text, words = choose_text(model)
    with st.spinner(t("Ocultando cada palabra por turno…"), show_time=True):
        found = surprises(model, text)
    st.html(surprise_text(spaced(text, found)))
    st.caption(t("Más oscuro: BERT lo recupera peor. 1 bit es acertar a cara o cruz; 10 bits, una entre mil."))
    figure = surprise_bars([s.word.text for s in found], {"": [s.score.bits for s in found]}, t("sorpresa (bits)"))
    worst = max(found, key=lambda s: s.score.bits)
    best = min(found, key=lambda s: s.score.bits)
    total = sum(s.score.log_prob for s in found)
    summary = t(
        "La palabra que más sorprende es «{worst}» ({p}): ahí BERT habría empezado por «{guess}». La que mejor "
        "recupera es «{best}» ({q}). La suma de toda la frase, su **pseudo-log-verosimilitud**, es {total}; por "
        "palabra, es como dudar entre {n}.",
        worst=md(worst.word.text),
        p=chance(worst.score.prob),
        guess=md(worst.guess),
        best=md(best.word.text),
        q=chance(best.score.prob),
        total=decimal(total, 1),
        n=decimal(surprise.perplexity(found), 0),
    )
    chart(figure, "mw_surprise", summary)
    ui.what_you_see(summary)
    st.caption(
        t(
            "Cada palabra se oculta entera por turno, todas en una sola pasada (Salazar et al. 2020; con palabras de "
            "varias piezas, como Kauf e Ivanova 2023). No es la probabilidad de la frase: sirve para comparar frases "
            "que se diferencian en poco."
        )
    )
    downloads("mw_surprise", lambda: score_table(found), lambda: figure)
    open_gap(model, text, words, t("Abre el hueco de una palabra"))


def open_gap(model: viz.Model, text: str, words: Sequence[viz.Word], label: str) -> None:
    hidden = cloze.hide(model, text, (pick_one(text, words, "mw_open", label),), MAX_TOKENS)
    warn_cut(hidden)
    n, answer = next((n, r) for n, r in enumerate(readings(model, hidden), start=1) if r.truth)
    chart(word_bars(answer.top, truth(answer), t("probabilidad")), "mw_open_bars", said(n, answer))
    st.markdown(said(n, answer))


def draw_sides(model: viz.Model) -> None:
    ui.question(t("¿Qué palabra se decide por lo que viene **después**? Búscala en las barras."))
    st.markdown(
        t(
            "El decodificador de OpenAI (GPT) lee de izquierda a derecha: de una palabra solo conoce lo anterior. BERT "
            "mira a los dos lados. Aquí el mismo hueco se rellena dos veces: con toda la frase, y con la derecha "
            "tapada."
        )
    )
    text, words = choose_text(model)
    chosen = pick_one(text, words, "mw_left", t("Elige el hueco"))
    full = cloze.hide(model, text, (chosen,), MAX_TOKENS)
    warn_cut(full)
    half = cloze.hide_right(model, full, next(g for g, gap in enumerate(full.gaps) if gap.truth))
    with st.spinner(t("Leyendo la frase por los dos lados…"), show_time=True):
        (with_both,), (with_left,) = ([r for r in readings(model, x) if r.truth] for x in (full, half))
        both, left = both_sides(model, text)
    for column, title, answer, key in zip(
        st.columns(2),
        (t("Solo la izquierda"), t("Los dos lados")),
        (with_left, with_both),
        ("left", "both"),
        strict=True,
    ):
        with column:
            st.markdown(f"**{title}**")
            chart(word_bars(answer.top[:7], truth(answer), t("probabilidad")), f"mw_side_{key}", said(1, answer))
    saved = [x.score.bits - y.score.bits for x, y in zip(left, both, strict=True)]
    most = max(range(len(saved)), key=saved.__getitem__)
    ui.what_you_see(
        t(
            "Con solo la izquierda, «{word}» recibe {half}; con los dos lados, {full}. En toda la frase, mirar a la "
            "derecha ahorra {mean} bits por palabra; donde más ayuda es en «{most}» ({bits} bits).",
            word=md(with_both.truth.word),
            half=chance(with_left.truth.prob),
            full=chance(with_both.truth.prob),
            mean=decimal(sum(saved) / len(saved), 1),
            most=md(both[most].word.text),
            bits=decimal(saved[most], 1),
        )
    )
    series = {t("solo la izquierda"): [s.score.bits for s in left], t("los dos lados"): [s.score.bits for s in both]}
    figure = surprise_bars([s.word.text for s in both], series, t("sorpresa (bits)"))
    chart(figure, "mw_sides", t("Sorpresa de cada palabra con la izquierda sola y con los dos lados."))
    st.caption(
        t(
            "Es una **aproximación**: la derecha se tapa con [MASK], y BERT no se entrenó con media frase tapada. Un "
            "modelo entrenado de izquierda a derecha lo haría mejor que BERT a medias."
        )
    )
    left_bits = {t("bits, solo la izquierda"): [s.score.bits for s in left]}
    downloads("mw_sides", lambda: score_table(both).assign(**left_bits), lambda: figure)


def score_table(found: list[surprise.Surprise]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                t("palabra"): s.word.text,
                t("probabilidad"): s.score.prob,
                t("bits"): s.score.bits,
                t("puesto"): s.score.ranks[0],
                t("BERT empezaría por"): s.guess,
            }
            for s in found
        ]
    )


def spaced(text: str, found: list[surprise.Surprise]) -> list[tuple[str, str, float]]:
    """Each word with the white space that stands before it."""
    ends = [0, *(s.word.end for s in found[:-1])]
    return [(text[end : s.word.start], s.word.text, s.score.bits) for end, s in zip(ends, found, strict=True)]

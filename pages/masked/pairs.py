"""Minimal pairs: two sentences that differ in a word, and which one the model finds likelier."""

from math import exp

import pandas as pd
import streamlit as st

import ui
import viz
from pages.masked.shared import MAX_CHARACTERS
from ui import N_, decimal, language, md, t
from ui.exports import chart, downloads
from viz.masked.figures import pair_bars
from viz.masked.lessons import contrast, load_cloze

KINDS = {
    "agreement": N_("concordancia"),
    "gender": N_("género"),
    "prepositions": N_("preposiciones"),
    "subjunctive": N_("subjuntivo"),
    "world": N_("el mundo"),
    "bias": N_("sesgo"),
}


def draw(model: viz.Model) -> None:
    ui.question(t("¿Sabe gramática? ¿Y de quién se imagina que es cada oficio? Cambia el conjunto y compara."))
    kind = ui.choose(t("Conjunto"), KINDS, "mw_kind")
    pairs = load_cloze(language()).pairs[kind]
    with st.spinner(t("Puntuando {n} frases…", n=2 * len(pairs)), show_time=True):
        differences = score(model, pairs)
    short = [" / ".join(contrast(a, b)) for a, b in pairs]
    judged = kind != "bias"
    figure = pair_bars(short, differences, t("← gana la segunda · diferencia · gana la primera →"), judged)
    if judged:
        right = sum(d > 0 for d in differences)
        summary = t(
            "BERT prefiere la frase correcta en {right} de {all} pares. La diferencia más clara es «{pair}».",
            right=right,
            all=len(pairs),
            pair=md(clearest(short, differences)),
        )
    else:
        summary = t(
            "Aquí ninguna frase es más correcta: lo que se ve son las costumbres de los textos con que se entrenó. La "
            "preferencia más fuerte está en «{pair}». El modelo las repite, aunque no describen a nadie.",
            pair=md(clearest(short, differences)),
        )
    chart(figure, "mw_pairs", summary)
    ui.what_you_see(summary)
    rows = pd.DataFrame(
        [{t("primera"): a, t("segunda"): b, t("diferencia"): d} for (a, b), d in zip(pairs, differences, strict=True)]
    )
    st.dataframe(rows, hide_index=True, column_config={t("diferencia"): st.column_config.NumberColumn(format="%.2f")})
    downloads("mw_pairs", lambda: rows, lambda: figure)
    draw_own(model)
    st.caption(
        t(
            "La diferencia es de pseudo-log-verosimilitud, en nats: cada palabra se oculta entera por turno y se suman "
            "los logaritmos. Compara solo frases que se diferencian en poco."
        )
    )


def draw_own(model: viz.Model) -> None:
    st.header(t("Tu par"), anchor=False)
    left, right = st.columns(2)
    a = ui.text_input(t("Primera frase"), key="mw_a", place=left, max_chars=MAX_CHARACTERS)
    b = ui.text_input(t("Segunda frase"), key="mw_b", place=right, max_chars=MAX_CHARACTERS)
    if not (a.strip() and b.strip()):
        return
    try:
        (difference,) = score(model, ((a, b),))
    except viz.Problem as problem:
        ui.fail(problem)
        return
    winner = a if difference > 0 else b
    st.markdown(
        t(
            "Gana «{winner}», por {d} nats: {times} veces más verosímil, según BERT.",
            winner=md(winner),
            d=decimal(abs(difference), 1),
            times=times(difference),
        )
    )


def times(difference: float) -> str:
    """e to the difference, in words where it is too long to read."""
    return decimal(exp(abs(difference)), 1) if abs(difference) < 14 else t("más de un millón de")


def clearest(names: list[str], differences: tuple[float, ...]) -> str:
    return names[max(range(len(names)), key=lambda n: abs(differences[n]))]


@ui.cache_data(max_entries=100)
def score(model: viz.Bert, pairs: tuple[tuple[str, str], ...]) -> tuple[float, ...]:
    """First minus second, for each pair."""
    found = model.pseudo_log_likelihood([text for pair in pairs for text in pair], whole_words=True)
    return tuple(a - b for a, b in zip(found[::2], found[1::2], strict=True))

"""How BERT was trained: the reader's own paragraph, spoiled and repaired."""

import pandas as pd
import streamlit as st

import ui
import viz
from pages.masked.shared import MAX_TOKENS, chance, warn_cut
from ui import decimal, language, percent, t
from ui.exports import downloads
from viz.kit.chips import chips
from viz.kit.palette import BLUE, RED, YELLOW
from viz.masked.cloze import hide
from viz.masked.corruption import KEPT, MASKED, REPLACED, corrupt_text, repair, summary
from viz.masked.lessons import load_cloze

MAX_CHARACTERS = 600


def draw(model: viz.Model) -> None:
    ui.question(t("¿Por qué no se ocultan todas las elegidas? Sortea varias veces y mira qué pasa con cada una."))
    text = ui.text_area(
        t("Un párrafo"),
        load_cloze(language()).paragraph,
        key="mw_paragraph",
        max_chars=MAX_CHARACTERS,
        height=130,
    )
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    seed = left.number_input(t("Sorteo"), 1, 9999, key="mw_draw", bind="query-params")
    right.button(t("Otro sorteo"), on_click=again, icon=":material/casino:")
    warn_cut(hide(model, text, (), MAX_TOKENS))
    damaged = corrupt_text(model, text, seed, MAX_TOKENS)
    with st.spinner(t("Reparando…"), show_time=True):
        repairs = repaired(model, damaged)
    names = {MASKED: t("oculta"), REPLACED: t("cambiada"), KEPT: t("sin cambio")}
    colours = {MASKED: BLUE, REPLACED: RED, KEPT: YELLOW}
    pieces = model.tokenizer.convert_ids_to_tokens
    before, after = pieces(list(damaged.original)), pieces(list(damaged.tokens))
    fates = zip(after, damaged.fates, before, strict=True)
    st.html(chips([(token, colours.get(fate, ""), note(fate, was)) for token, fate, was in fates]))
    counts = {fate: damaged.fates.count(fate) for fate in names}
    st.markdown(
        t(
            "Se eligió el 15 % de las piezas ({n}). De ellas, el 80 % se tapa con [MASK] ({masked}), el 10 % se cambia "
            "por otra al azar ({replaced}) y el 10 % se deja igual ({kept}). Así BERT no puede fiarse de que lo que ve "
            "sea lo que había.",
            n=len(repairs),
            masked=counts[MASKED],
            replaced=counts[REPLACED],
            kept=counts[KEPT],
        )
    )
    st.header(t("La reparación"), anchor=False)
    rows = pd.DataFrame(
        [
            {
                t("había"): before[r.position],
                t("BERT vio"): after[r.position],
                t("qué se hizo"): names[damaged.fates[r.position]],
                t("BERT repone"): pieces(r.guess),
                t("con probabilidad"): percent(r.guess_prob, 1),
                t("lo que había recibe"): chance(r.prob),
                t("puesto"): r.rank,
            }
            for r in repairs
        ]
    )
    st.dataframe(rows, hide_index=True)
    found = summary(model, repairs)
    ui.what_you_see(
        t(
            "BERT repone bien {right} de {n}. Su pérdida (la entropía cruzada que el entrenamiento hace bajar) es "
            "{loss} nats en este párrafo, como dudar entre {perplexity}; responder al azar daría {blind}.",
            right=found.right,
            n=len(repairs),
            loss=decimal(found.loss),
            perplexity=decimal(found.perplexity, 0),
            blind=decimal(found.blind),
        )
    )
    downloads("mw_training", lambda: rows)


def note(fate: str, was: str) -> str:
    if fate in (MASKED, REPLACED):
        return t("era {token}", token=was)
    return t("elegida") if fate == KEPT else ""


def again() -> None:
    st.session_state["mw_draw"] = st.session_state["mw_draw"] % 9999 + 1


@ui.cache_data(max_entries=100)
def repaired(model: viz.Model, damaged):
    return repair(model, damaged)

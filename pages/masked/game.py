"""The game: ten gaps, the reader against the model, one rule for both. Enter is enough to play it."""

import random
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

import ui
import viz
from ui import language, md, percent, t
from ui.exports import downloads
from ui.road import ROAD
from viz.kit.text import clean_text
from viz.masked.game import EXACT, GAP, draw, play, points
from viz.masked.lessons import load_cloze

LAST_SEED = 9999


def draw_game(model: viz.Model) -> None:
    ui.question(t("¿Quién adivina mejor la palabra que falta: tú o BERT?"))
    seed = st.number_input(
        t("Partida"),
        1,
        LAST_SEED,
        key="mw_seed",
        bind="query-params",
        help=t("El mismo número da los mismos huecos: compártelo y compara."),
    )
    st.caption(
        t(
            "La misma regla para los dos: 2 puntos por la palabra de la frase, 1 por otra que también vale, 0 si no. "
            "No cuentan mayúsculas ni tildes. BERT responde la palabra entera más probable."
        )
    )
    riddles = draw(load_cloze(language()).riddles, seed)
    answers = answers_of((language(), seed))
    if len(answers) < len(riddles):
        ask(riddles, answers)
    else:
        review(model, riddles, answers)


def answers_of(game: tuple) -> list[str]:
    """What the reader has typed in this game; another game starts afresh."""
    if st.session_state.get("mw_game") != game:
        st.session_state["mw_game"], st.session_state["mw_answers"] = game, []
    return st.session_state["mw_answers"]


def ask(riddles: list, answers: list[str]) -> None:
    n = len(answers)
    st.progress(n / len(riddles), t("Hueco {n} de {all}", n=n + 1, all=len(riddles)))
    with st.form("mw_turn", clear_on_submit=True, border=False):
        st.markdown("### " + GAP.sub(r"\\_\\_\\_\\_\\_", md(riddles[n].sentence).replace("\\_", "_")))
        st.text_input(t("Tu palabra (y Enter)"), key="mw_word", max_chars=40, autocomplete="off")
        st.form_submit_button(t("Responder"), on_click=answer, args=(n,), icon=":material/keyboard_return:")


def answer(n: int) -> None:
    if len(st.session_state["mw_answers"]) == n:  # a double click answers once
        st.session_state["mw_answers"].append(clean_text(st.session_state["mw_word"]).strip())


def review(model: viz.Model, riddles: list, answers: list[str]) -> None:
    with st.spinner(t("BERT está pensando…"), show_time=True):
        replies = replies_of(model, tuple(riddles))
    yours = [points(word, riddle) for word, riddle in zip(answers, riddles, strict=True)]
    its = [points(reply.word, riddle) for reply, riddle in zip(replies, riddles, strict=True)]
    top = EXACT * len(riddles)
    left, right = st.columns(2)
    left.metric(t("Tú"), f"{sum(yours)} / {top}")
    right.metric("BERT", f"{sum(its)} / {top}")
    verdict = t("Ganaste tú.") if sum(yours) > sum(its) else t("Ganó BERT.") if sum(its) > sum(yours) else t("Empate.")
    exact = sum(p == EXACT for p in its)
    ui.what_you_see(
        t(
            "{verdict} BERT dio la palabra exacta en {exact} de {all}; cuando la dio, le ponía de media {p}.",
            verdict=verdict,
            exact=exact,
            all=len(riddles),
            p=percent(mean(replies, its)),
        )
    )
    rows = pd.DataFrame(
        [
            {
                t("frase"): riddle.sentence,
                t("tu palabra"): word,
                t("tus puntos"): mine,
                t("la de BERT"): reply.word,
                t("su probabilidad"): percent(reply.prob),
                t("sus puntos"): theirs,
                t("valen"): ", ".join([riddle.word, *riddle.others]),
            }
            for riddle, word, reply, mine, theirs in zip(riddles, answers, replies, yours, its, strict=True)
        ]
    )
    st.dataframe(rows, hide_index=True)
    st.markdown(t("**Para retar a alguien:** esta dirección lleva a los mismos diez huecos."))
    st.code(link(), language=None, wrap_lines=True)
    st.button(t("Otra partida"), on_click=another, icon=":material/replay:")
    downloads("mw_game", lambda: rows)


def mean(replies: list, its: list[int]) -> float | None:
    """The mean probability of the model's exact answers; None where it had none."""
    right = [reply.prob for reply, p in zip(replies, its, strict=True) if p == EXACT]
    return sum(right) / len(right) if right else None


def link() -> str:
    """This game's address."""
    query = {"lang": language(), "mw_section": "game", "mw_seed": st.session_state["mw_seed"]}
    path = next(stop.path for stop in ROAD if stop.file == "masked")
    root = (st.context.url or "").rstrip("/").removesuffix(f"/{path}")  # Streamlit gives it with or without the page
    return f"{root}/{path}?{urlencode(query)}"


def another() -> None:
    st.session_state["mw_seed"] = random.randint(1, LAST_SEED)


@ui.cache_data(max_entries=100)
def replies_of(model: viz.Model, riddles: tuple):
    return play(model, riddles)

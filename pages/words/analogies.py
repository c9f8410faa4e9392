"""Analogies, drawn and in a list."""

import pandas as pd
import streamlit as st

import ui
import viz
from ui import decimal, md, percent, t
from ui.exports import chart, downloads
from viz.words.analogy import accuracy, solve, solve_all
from viz.words.figures import parallelogram
from viz.words.static import StaticVectors
from viz.words.word_lists import WordLists


def draw_analogies(vectors: StaticVectors, lists: WordLists, tongue: str) -> None:
    with st.container(horizontal=True):
        for n, row in enumerate(lists.featured):
            st.button("{} : {} :: {} : {}".format(*row), key=f"w_pick_{n}", on_click=_pick, args=(tongue, row))
    columns = st.columns(4)
    labels = (t("a es a…"), t("b como…"), t("c es a…"), t("d, si la sabes"))
    a, b, c, d = (
        ui.text_input(label, default, key=f"w_{name}_{tongue}", place=column, max_chars=60).strip()
        for column, label, default, name in zip(columns, labels, lists.featured[0], "abcd", strict=True)
    )
    try:
        _one_analogy(vectors, a, b, c, d)
    except viz.Problem as problem:
        ui.fail(problem)
    if st.toggle(t("Medir un lote de analogías por clases"), key="w_batch", bind="query-params"):
        _batch(vectors, lists)


def _pick(tongue: str, row: tuple[str, ...]) -> None:
    for name, word in zip("abcd", row, strict=True):
        st.session_state[f"w_{name}_{tongue}"] = word


def _one_analogy(vectors: StaticVectors, a: str, b: str, c: str, d: str) -> None:
    if not (a and b and c):
        raise viz.Problem("Una analogía necesita tres palabras: a, b y c.")
    found = solve(vectors, a, b, c, d)

    def figure():
        return parallelogram(found, total=f"{b} − {a} + {c}", away=t("a {distance} del plano"))

    chart(figure(), "w_analogy", t("Paralelogramo de la analogía en el plano de sus tres palabras."))
    answer, cosine = found.answers[0]
    seen = t(
        "La suma «{b}» − «{a}» + «{c}» cae lo más cerca de **«{answer}»** (coseno {cosine}), sin contar las tres "
        "palabras de entrada.",
        a=md(a),
        b=md(b),
        c=md(c),
        answer=md(answer),
        cosine=decimal(cosine),
    )
    if found.rank:
        right = t("Acierta:") if found.rank == 1 else t("Falla:")
        seen += " " + t(
            "{right} la esperada, «{d}», es la n.º {rank} de {n} palabras (coseno {cosine}).",
            right=right,
            d=md(d),
            rank=decimal(found.rank, 0),
            n=decimal(len(vectors.words), 0),
            cosine=decimal(found.cosine),
        )
    winner = found.honest[0][0]
    seen += " " + t(
        "La variante honesta deja competir también a las tres de entrada, y gana «{winner}».", winner=md(winner)
    )
    if found.honest_rank:
        seen += " " + t("Ahí «{d}» queda en el puesto {rank}.", d=md(d), rank=decimal(found.honest_rank, 0))
    seen += " " + t(
        "En el dibujo, «{answer}» está a {away} del plano; la longitud de cada vector es 1.",
        answer=md(answer),
        away=decimal(found.away["answer"]),
    )
    ui.what_you_see(seen)
    columns = {t("Sin las de entrada"): found.answers, t("Con las de entrada"): found.honest}
    table = pd.DataFrame({name: [f"{w} · {decimal(x)}" for w, x in rows] for name, rows in columns.items()})
    st.dataframe(table, hide_index=True, alt=t("Las diez palabras más próximas a la suma, de dos maneras"))
    rows = [
        {"a": a, "b": b, "c": c, "inputs_excluded": excluded, "rank": n, "word": w, "cosine": x}
        for excluded, ranked in ((True, found.answers), (False, found.honest))
        for n, (w, x) in enumerate(ranked, start=1)
    ]
    downloads("w_analogy", lambda: pd.DataFrame(rows), figure)


def _batch(vectors: StaticVectors, lists: WordLists) -> None:
    with st.spinner(t("Resolviendo analogías…"), show_time=True):
        results = {kind: solve_all(vectors, rows) for kind, rows in lists.analogies.items()}
    everything = [result for group in results.values() for result in group]
    table = []
    for kind, group in [*results.items(), (t("todas"), everything)]:
        a = accuracy(group)
        table.append(
            {
                t("Clase"): kind,
                t("Medidas"): f"{a.measured} / {a.asked}",
                t("Acierta"): percent(a.first),
                t("Entre las 5 primeras"): percent(a.top5),
                t("Acierta, variante honesta"): percent(a.honest),
            }
        )
    st.dataframe(pd.DataFrame(table), hide_index=True, alt=t("Aciertos por clase de analogía"))
    whole = accuracy(everything)
    ui.what_you_see(
        t(
            "Analogías con sus cuatro palabras en el vocabulario: {measured} de {asked}. Acierta {first} si las de "
            "entrada no pueden ganar y {honest} si pueden: buena parte del éxito de las analogías es esa regla.",
            asked=whole.asked,
            measured=whole.measured,
            first=percent(whole.first),
            honest=percent(whole.honest),
        )
    )
    rows = [
        {
            "kind": kind,
            **dict(zip("abcd", r.words, strict=True)),
            "answer": r.answer,
            "rank": r.rank,
            "rank_with_inputs": r.honest_rank,
        }
        for kind, group in results.items()
        for r in group
    ]
    downloads("w_batch", lambda: pd.DataFrame(rows))

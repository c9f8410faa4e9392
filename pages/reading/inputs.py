"""The three embeddings."""

import pandas as pd
import streamlit as st

import ui
import viz
from pages.reading.shared import MAX_TOKENS, pick, three_decimals, token_names, words_input
from ui import decimal, md, t
from ui.exports import chart, downloads
from ui.models import current_store
from viz.kit.strip import strip
from viz.reading.figures import position_map
from viz.reading.inputs import compare_orders, inputs_of, position_similarity, swap_words


def draw_inputs(text: str) -> None:
    store = current_store()
    first = words_input(store, text)
    token = pick(st, t("Token"), token_names(first), min(1, len(first.tokens) - 1), "r_token_in")
    parts = inputs_of(store.model, first)
    shown = [(t("token"), parts.token)]
    if parts.segment is not None:
        shown.append((t("+ segmento"), parts.segment))
    shown += [(t("+ posición"), parts.position), (t("= suma"), parts.total), (t("LayerNorm"), parts.normed)]
    rows = {name: part[token] for name, part in shown}

    def figure():
        return strip(list(rows.values()), list(rows))

    chart(figure(), "r_inputs", t("Los embeddings que se suman para un token, como tiras de color."))
    table = pd.DataFrame(rows)
    spread = table.abs().mean()
    ui.what_you_see(
        t(
            "La entrada de «{token}» es la suma, celda a celda, de sus embeddings. De media, una celda vale {word} en "
            "el del token y {position} en el de la posición {n} (sin signo); LayerNorm los devuelve a una escala "
            "común: {normed}.",
            token=md(first.tokens[token]),
            word=decimal(spread.iloc[0], 3),
            position=decimal(spread[t("+ posición")], 3),
            n=token,
            normed=decimal(spread.iloc[-1], 3),
        )
    )
    downloads("r_inputs", lambda: table, figure)
    try:
        _swap(store, first)
    except viz.Problem as problem:
        ui.fail(problem)
    st.header(t("¿Se parecen las posiciones vecinas?"), anchor=False)
    cosines = position_similarity(store.model, MAX_TOKENS)
    chart(position_map(cosines), "r_positions", t("Coseno entre los embeddings de las primeras posiciones"))
    ui.what_you_see(
        t(
            "Coseno medio entre posiciones contiguas: {near}; entre posiciones a 20 de distancia: {far}. Nadie le dijo "
            "al modelo que la 5 va junto a la 6: si aquí se ve una diagonal clara, lo aprendió leyendo.",
            near=decimal(cosines.diagonal(1).mean()),
            far=decimal(cosines.diagonal(20).mean()),
        )
    )
    downloads("r_positions", lambda: pd.DataFrame(cosines).rename(columns=str), lambda: position_map(cosines))


def _swap(store, before) -> None:
    st.header(t("¿Qué cambia si cambia el orden?"), anchor=False)
    movable = [n for n, word in enumerate(before.words) if word.text.isalnum()]
    if len(movable) < 2:
        raise viz.Problem("Para cambiar el orden hacen falta dos palabras distintas.")
    names = [f"{n + 1} · {before.words[n].text}" for n in movable]
    left, right = st.columns(2)
    one = movable[pick(left, t("Cambia de sitio…"), names, min(1, len(names) - 2), "r_swap1")]
    two = movable[pick(right, t("…y esta"), names, len(names) - 1, "r_swap2")]
    changed = swap_words(before, one, two)
    rows = compare_orders(before, store.encode([changed])[0], one, two)
    st.markdown(f"{md(before.text)}  \n→ {md(changed)}")
    table = pd.DataFrame([{"word": r.word, "moved": r.moved, "input": r.first, "output": r.last} for r in rows])
    st.dataframe(
        three_decimals(table, "input", "output"),
        hide_index=True,
        alt=t("Coseno de cada palabra consigo misma en los dos órdenes"),
        column_config={
            "word": t("Palabra"),
            "moved": t("Cambió de sitio"),
            "input": t("Coseno a la entrada"),
            "output": t("Coseno a la salida"),
        },
    )
    least = min(rows, key=lambda r: r.last)
    still = [r for r in rows if not r.moved]
    seen = t(
        "Un vector estático no cambiaría: coseno 1 en todas. Aquí la que más cambia a la salida es «{word}» "
        "({cosine}).",
        word=md(least.word),
        cosine=decimal(least.last, 3),
    )
    if still:
        first, last = (sum(getattr(r, end) for r in still) / len(still) for end in ("first", "last"))
        seen += " " + t(
            "Las que no se movieron entran con {first} de media y salen con {cosine}: cambió su contexto.",
            first=decimal(first, 3),
            cosine=decimal(last, 3),
        )
    ui.what_you_see(seen)
    downloads("r_swap", lambda: table)

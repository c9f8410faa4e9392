"""Word pieces, step by step."""

import pandas as pd
import streamlit as st

import ui
import viz
from pages.reading.shared import MAX_CHARACTERS, MAX_TOKENIZER, pick
from ui import decimal, md, t
from ui.exports import downloads
from ui.models import current_model, embedded_model
from viz.reading.token_cost import costs, load_pairs, read_tokenizer
from viz.reading.wordpiece import wordpiece_of, words_of


def draw_pieces(text: str) -> None:
    model = current_model()
    try:
        _cut(model, text)
    except viz.Problem as problem:
        ui.fail(problem)
    st.header(t("La misma frase en otros tokenizadores"), anchor=False)
    backends = {each.name: each.tokenizer.backend_tokenizer for each in (embedded_model(), model)}
    label = t("Compara con otro: su tokenizer.json")
    file = st.file_uploader(label, type="json", max_upload_size=MAX_TOKENIZER, key="r_file")
    if file:
        try:
            backends[file.name] = read_tokenizer(file.getvalue(), file.name)
        except viz.Problem as problem:
            ui.fail(problem)
    _compare(backends, text)


def _cut(model: viz.Model, text: str) -> None:
    cutter = wordpiece_of(model.tokenizer)
    traces = [cutter.cut(word) for word in words_of(model.tokenizer, text)]
    st.markdown(
        " ".join(
            f":{'red' if trace.unknown else 'blue' if n % 2 else 'green'}-background[{md(piece)}]"
            for n, trace in enumerate(traces)
            for piece in trace.pieces
        )
    )
    most = max(traces, key=lambda trace: len(trace.steps))
    options = [f"{n + 1} · {trace.word}" for n, trace in enumerate(traces)]
    trace = traces[pick(st, t("Palabra, paso a paso"), options, traces.index(most), "r_word")]
    table = pd.DataFrame(
        [
            {t("Paso"): n, t("¿Está?"): "✓" if step.found else "✗", t("Se busca"): step.piece}
            for n, step in enumerate(trace.steps, start=1)
        ]
    )
    st.dataframe(table, hide_index=True, height=min(38 * (len(table) + 1), 330), alt=t("Búsquedas de WordPiece"))
    pieces = sum(len(x.pieces) for x in traces)
    seen = t(
        "{words} palabras y signos dan {pieces} piezas. WordPiece busca el trozo más largo que esté entre sus {size} "
        "entradas, desde la izquierda, y sigue con lo que queda; «{prefix}» dice que la pieza continúa una palabra y "
        "no la empieza.",
        words=len(traces),
        pieces=pieces,
        size=decimal(len(cutter.vocabulary), 0),
        prefix=md(cutter.prefix),
    )
    if trace.unknown:
        seen += " " + t(
            "«{word}» acaba en {unknown}: hay en ella un carácter que no es pieza, y se pierde entera.",
            word=md(trace.word),
            unknown=md(cutter.unknown),
        )
    else:
        seen += " " + t(
            "Búsquedas para «{word}»: {steps}; piezas: {n} ({pieces}).",
            word=md(trace.word),
            steps=len(trace.steps),
            n=len(trace.pieces),
            pieces=md(" + ".join(trace.pieces)),
        )
    ui.what_you_see(seen)
    rows = [
        {"word": x.word, "step": n, "tried": step.piece, "found": step.found}
        for x in traces
        for n, step in enumerate(x.steps, start=1)
    ]
    downloads("r_pieces", lambda: pd.DataFrame(rows))


def _compare(backends: dict, text: str) -> None:
    pairs = load_pairs()
    left, right = st.columns(2)
    es = ui.text_input(t("Una frase en español"), pairs[0][0], key="r_es", place=left, max_chars=MAX_CHARACTERS)
    en = ui.text_input(t("La misma en inglés"), pairs[0][1], key="r_en", place=right, max_chars=MAX_CHARACTERS)
    texts = [text, es, en, *(pair[0] for pair in pairs), *(pair[1] for pair in pairs)]
    rows, cut = [], {}
    for name, backend in backends.items():
        try:
            found = [each.pieces for each in costs(backend, texts)]
        except viz.Problem as problem:
            ui.fail(problem)
            continue
        cut[name], counts = found[0], [len(pieces) for pieces in found]
        half = 3 + len(pairs)
        in_es, in_en = sum(counts[3:half]), sum(counts[half:])
        rows.append(
            {
                "tokenizer": name,
                "sentence": counts[0],
                "es": counts[1],
                "en": counts[2],
                "pairs_es": in_es,
                "pairs_en": in_en,
                "ratio": in_es / max(in_en, 1),
            }
        )
    table = pd.DataFrame(rows)
    st.dataframe(
        table.assign(ratio=table["ratio"].map(decimal)),
        hide_index=True,
        alt=t("Tokens por tokenizador"),
        column_config={
            "tokenizer": t("Tokenizador"),
            "sentence": t("Tu frase"),
            "es": t("En español"),
            "en": t("En inglés"),
            "pairs_es": t("{n} frases, español", n=len(pairs)),
            "pairs_en": t("{n} frases, inglés", n=len(pairs)),
            "ratio": t("español / inglés"),
        },
    )
    for name, pieces in cut.items():
        st.caption(f"**{md(name)}**: " + " · ".join(md(piece) for piece in pieces[:80]))
    last = rows[-1]
    ui.what_you_see(
        t(
            "Para «{name}», decir lo mismo en español cuesta {ratio} veces lo que en inglés ({es} frente a {en} tokens "
            "en {n} pares de frases). Más tokens son más cálculo y menos texto dentro del límite.",
            name=md(last["tokenizer"]),
            ratio=decimal(last["ratio"]),
            es=last["pairs_es"],
            en=last["pairs_en"],
            n=len(pairs),
        )
    )
    downloads("r_cost", lambda: table)

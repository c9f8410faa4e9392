"""One layer from inside."""

import pandas as pd
import streamlit as st

import ui
from pages.reading.shared import pick, three_decimals, token_names, words_input
from ui import decimal, md, percent, t
from ui.exports import chart, downloads
from ui.models import current_store
from viz.kit.strip import strip
from viz.reading.figures import attention_bars, masks
from viz.reading.layer_walk import share_seen_by_causal, walk


def draw_layer(text: str) -> None:
    store = current_store()
    model, encoding = store.model, words_input(store, text)
    names = token_names(encoding)
    left, middle, right = st.columns(3)
    token = pick(left, t("Token"), names, min(1, len(names) - 1), "r_token")
    layer = middle.slider(t("Capa"), 1, model.layers, min(6, model.layers), key="r_layer", bind="query-params")
    head = right.slider(t("Cabeza"), 1, model.attention_heads, 1, key="r_head", bind="query-params")
    label = t("Con máscara causal (como el decodificador de OpenAI: solo mira a la izquierda)")
    causal = st.toggle(label, key="r_causal", bind="query-params")
    both = walk(model, encoding, layer, token, head - 1)
    left_only = walk(model, encoding, layer, token, head - 1, causal=True)
    w = left_only if causal else both
    st.markdown(_story(w, encoding.tokens[token], layer, head))
    bars = attention_bars(w.weights, encoding.tokens, t("atención"))
    chart(bars, "r_weights", t("Cómo reparte el token su atención"))
    table = pd.DataFrame(
        {
            "token": encoding.tokens,
            "score": w.scores,
            "weight": w.weights,
            "value_1": w.values[:, 0],
            "value_2": w.values[:, 1],
        }
    )
    with st.expander(t("La cuenta, token a token")):
        st.dataframe(
            three_decimals(table, *table.columns[1:]),
            hide_index=True,
            column_config={
                "token": t("Token"),
                "score": t("consulta · clave / √d"),
                "weight": t("peso"),
                "value_1": t("valor, 1.ª celda"),
                "value_2": t("valor, 2.ª celda"),
            },
            alt=t("Puntuación, peso y valor de cada token"),
        )
    steps = {
        t("entra"): w.x,
        t("atención"): w.attention,
        t("suma y norma"): w.after_attention,
        t("feed-forward"): w.feed_forward,
        t("sale"): w.out,
    }
    chart(strip(list(steps.values()), list(steps)), "r_walk", t("El vector del token en cada paso de la capa"))
    chart(_both(both, left_only, encoding), "r_masks", t("La atención de la cabeza con las dos máscaras"))
    top = max(range(len(w.weights)), key=lambda n: w.weights[n])
    ui.what_you_see(
        t(
            "En la capa {layer}, cabeza {head}, «{token}» mira sobre todo a «{top}» ({weight}). De toda la atención "
            "que esta cabeza reparte mirando a los dos lados, la máscara causal solo dejaría ver el {share}: lo demás "
            "está a la derecha, y el decodificador de OpenAI no puede verlo.",
            layer=layer,
            head=head,
            token=md(encoding.tokens[token]),
            top=md(encoding.tokens[top]),
            weight=percent(float(w.weights[top])),
            share=percent(share_seen_by_causal(both.all_weights)),
        )
    )
    st.caption(
        t(
            "La máscara se pone aquí a un modelo que aprendió sin ella, y solo en esta capa: lo que entra ya viene de "
            "capas que miraron a los dos lados. Enseña qué tapa la máscara, no lo que calcularía un decodificador "
            "entrenado así."
        )
    )
    downloads("r_layer", lambda: table, lambda: _both(both, left_only, encoding))


def _both(both, left_only, encoding):
    titles = t("Los dos lados"), t("Solo la izquierda")
    return masks(both.all_weights, left_only.all_weights, encoding.tokens, titles)


def _story(w, token: str, layer: int, head: int) -> str:
    lines = (
        t("Entra el vector de «{token}», {n} números: {numbers}", token=md(token), n=len(w.x), numbers=_first(w.x)),
        t(
            "La cabeza {head} saca de él una **consulta** de {n} números: {numbers}",
            head=head,
            n=len(w.query),
            numbers=_first(w.query),
        ),
        t(
            "La compara con la **clave** de cada token (producto, entre √{n}) y un softmax convierte las {tokens} "
            "puntuaciones en pesos que suman 1.",
            n=len(w.query),
            tokens=len(w.scores),
        ),
        t("La **suma ponderada** de los valores es la salida de la cabeza: {numbers}", numbers=_first(w.head_output)),
        t(
            "Todas las cabezas juntas, por la matriz de salida: {numbers}. **Residual y norma**: se suma a lo que "
            "entró y se normaliza: {after}",
            numbers=_first(w.attention),
            after=_first(w.after_attention),
        ),
        t(
            "**Feed-forward**: se ensancha a {wide} números ({active} de ellos positivos) y vuelve a {n}. Otra vez "
            "residual y norma, y sale: {numbers}",
            wide=decimal(len(w.inner), 0),
            active=decimal(int((w.inner > 0).sum()), 0),
            n=len(w.out),
            numbers=_first(w.out),
        ),
    )
    return "\n".join(f"{n}. {line}" for n, line in enumerate(lines, start=1))


def _first(vector) -> str:
    return "(" + "; ".join(decimal(float(x)) for x in vector[:4]) + "; …)"

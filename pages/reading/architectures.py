"""Architectures in numbers."""

import pandas as pd
import streamlit as st

import ui
from ui import decimal, percent, t
from ui.exports import chart, downloads
from ui.models import embedded_model
from viz.reading.architectures import NAMED, Architecture, flops, from_config, parameters, total_parameters
from viz.reading.figures import parameter_bars


def draw_architectures(text: str) -> None:
    model = embedded_model()
    tokens = len(model.tokenizer(text)["input_ids"])
    ours = from_config("bert-es-en", model.config)
    columns = st.columns(5)
    layers = columns[0].slider(t("Capas"), 1, 48, 12, key="r_a_layers", bind="query-params")
    heads = columns[2].select_slider(t("Cabezas"), [1, 2, 4, 8, 12, 16], 12, key="r_a_heads", bind="query-params")
    size = columns[1].select_slider(t("Por cabeza"), [16, 32, 64, 128], 64, key="r_a_size", bind="query-params")
    times = columns[3].slider(t("Feed-forward ×"), 1, 8, 4, key="r_a_ff", bind="query-params")
    thousands = columns[4].slider(t("Vocabulario (miles)"), 1, 250, 31, key="r_a_vocab", bind="query-params")
    hidden = heads * size
    mine = Architecture(t("La tuya"), "encoder", layers, hidden, heads, hidden * times, thousands * 1000)
    everyone = (*NAMED, ours, mine)
    names = {
        "embeddings": t("embeddings"),
        "attention": t("atención"),
        "cross_attention": t("atención cruzada"),
        "feed_forward": t("feed-forward"),
        "norms": t("normas"),
        "pooler": t("pooler"),
    }

    def figure():
        return parameter_bars(everyone, names, t("millones de parámetros"))

    chart(figure(), "r_parameters", t("Parámetros de cada arquitectura, por partes"))
    rows = [
        {
            "name": a.name,
            "layers": a.layers,
            "hidden": a.hidden,
            "heads": a.heads,
            "feed_forward": a.feed_forward,
            "vocabulary": a.vocabulary,
            "parameters": total_parameters(a),
            "megabytes": total_parameters(a) * 4 / 2**20,
            "gigaflops": flops(a, tokens) / 1e9,
        }
        for a in everyone
    ]
    table = pd.DataFrame(rows)
    large = ("feed_forward", "vocabulary", "parameters", "megabytes")
    whole = {column: table[column].map(lambda x: decimal(x, 0)) for column in large}
    st.dataframe(
        table.assign(**whole, gigaflops=table["gigaflops"].map(lambda x: decimal(x, 2))),
        hide_index=True,
        column_config={
            "name": t("Arquitectura"),
            "layers": t("Capas"),
            "hidden": t("Ancho"),
            "heads": t("Cabezas"),
            "feed_forward": t("Feed-forward"),
            "vocabulary": t("Vocabulario"),
            "parameters": t("Parámetros"),
            "megabytes": t("MB (float32)"),
            "gigaflops": t("GFLOP, tu frase"),
        },
        alt=t("Números de cada arquitectura"),
    )
    parts = parameters(ours)
    ui.what_you_see(
        t(
            "El modelo incluido tiene {ours} parámetros, contados de su configuración; BERT BASE, {times} veces más. "
            "En el nuestro, {share} está en los embeddings y {ff} en las feed-forward. Leer tu frase ({tokens} tokens) "
            "le cuesta {flops} millones de operaciones.",
            ours=decimal(total_parameters(ours), 0),
            times=decimal(total_parameters(NAMED[2]) / total_parameters(ours), 1),
            tokens=tokens,
            share=percent(parts["embeddings"] / total_parameters(ours)),
            ff=percent(parts["feed_forward"] / total_parameters(ours)),
            flops=decimal(flops(ours, tokens) / 1e6, 0),
        )
    )
    st.caption(
        t(
            "Sin cabezas de tarea. El Transformer tiene además un decodificador, y sus posiciones son senos: no se "
            "aprenden ni se cuentan. Las operaciones son las de los productos de matrices (multiplicar y sumar cuentan "
            "dos)."
        )
    )
    downloads("r_architectures", lambda: table, figure)

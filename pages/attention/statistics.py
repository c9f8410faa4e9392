"""What does each head do on this text? Numbers, a map of any of them, and one line a head."""

import pandas as pd
import streamlit as st

import ui
from pages.attention.reading import Choice, show_head
from pages.attention.said import STATISTICS
from ui.exports import chart, downloads
from ui.i18n import decimal, percent, t
from viz.attention.grid import head_grid
from viz.attention.weights import SHARES


def draw(choice: Choice) -> None:
    left, right = st.columns(2)
    name = ui.choose(t("Qué medir"), STATISTICS, "a_stat", kind="selectbox", place=left)
    table = choice.statistics
    low, high = float(table[name].min()), float(table[name].max())
    if high > low:
        least = right.slider(t("Enseñar las que pasan de"), low, high, low, key=f"a_least_{name}")
        table = table[table[name] >= least]
    grid = choice.statistics[name].to_numpy().reshape(choice.model.layers, choice.model.attention_heads)

    def figure():
        return head_grid(
            grid,
            name=t(STATISTICS[name]),
            layer=t("Capa"),
            head=t("Cabeza"),
            chosen=(choice.layer, choice.head),
            top=1 if name in SHARES else None,
        )

    top = choice.statistics.nlargest(1, name).iloc[0]
    layer, head = int(top["layer"]), int(top["head"])
    chart(
        figure(),
        "heads",
        t(
            "{measure} de cada cabeza; la mayor, {value}, en la capa {layer}, cabeza {head}.",
            measure=t(STATISTICS[name]),
            value=decimal(float(top[name])),
            layer=layer + 1,
            head=head + 1,
        ),
    )
    st.button(
        t("Ver en la figura la capa {layer}, cabeza {head}", layer=layer + 1, head=head + 1),
        on_click=show_head,
        args=(layer, head),
        icon=":material/visibility:",
    )
    st.caption(
        t(
            "Medias sobre las {n} piezas de esta frase, marcas aparte. Pulsa un título de la tabla para ordenar.",
            n=sum(not s for s in choice.encoding.special),
        )
    )
    shown = _table(choice, table.sort_values(name, ascending=False))
    ui.table(shown, hide_index=True, height=320, alt=t("Una fila por cabeza con sus medidas"))
    downloads("cabezas", lambda: _table(choice, choice.statistics), figure)


def _table(choice: Choice, rows: pd.DataFrame) -> pd.DataFrame:
    told = []
    for layer, head in zip(rows["layer"], rows["head"], strict=True):
        template, values = choice.described(layer, head)
        told.append(t(template, **{k: percent(v) for k, v in values.items()}))
    return pd.DataFrame(
        {t("Capa"): rows["layer"] + 1, t("Cabeza"): rows["head"] + 1}
        | {t(title): rows[name] for name, title in STATISTICS.items()}
        | {t("En una línea"): told}
    )

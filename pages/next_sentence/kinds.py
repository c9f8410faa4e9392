"""Ready pairs of three kinds."""

import pandas as pd
import streamlit as st

import ui
import viz
from pages.next_sentence.shared import KINDS, kind_names, probabilities
from ui import language, percent, t
from ui.exports import chart, downloads
from viz.next_sentence.figures import dot_rows
from viz.next_sentence.lessons import load_next


def draw_kinds(model: viz.Model) -> None:
    pairs, names = load_next(language()).pairs, kind_names()
    with st.spinner(t("Leyendo {n} pares…", n=len(pairs)), show_time=True):
        found = probabilities(model, tuple((pair.a, pair.b) for pair in pairs))
    groups: dict[str, list[tuple[str, float]]] = {kind: [] for kind in KINDS}
    for x, p in zip(pairs, found, strict=True):
        groups[x.kind].append((f"{x.a} → {x.b}", p))
    figure = dot_rows({names[kind]: rows for kind, rows in groups.items()}, t("probabilidad de que B siga a A"))
    means = {kind: percent(sum(p for _, p in rows) / len(rows)) for kind, rows in groups.items()}
    over = {kind: sum(p > 0.5 for _, p in rows) for kind, rows in groups.items()}
    summary = t(
        "De media, BERT da {next} a los pares que siguen de verdad, {topic} a los del mismo tema que no siguen y "
        "{random} a los tomados al azar. Dice «sí» (más de 50 %) a {n_next}, {n_topic} y {n_random} de {all}.",
        n_next=over["next"],
        n_topic=over["topic"],
        n_random=over["random"],
        all=len(groups["next"]),
        **means,
    )
    chart(figure, "ns_kinds", summary)
    ui.what_you_see(summary)
    rows = pd.DataFrame(
        [
            {t("probabilidad"): p, t("tipo de par"): names[x.kind], "A": x.a, "B": x.b}
            for x, p in zip(pairs, found, strict=True)
        ]
    )
    ui.table(
        rows, hide_index=True, digits=1, shares=(t("probabilidad"),), alt=t("La probabilidad de cada par de frases")
    )
    downloads("ns_kinds", lambda: rows, lambda: figure)

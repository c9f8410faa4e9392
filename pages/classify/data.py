"""Which texts this session classifies: a set of the course, the reader's own table, one from the hub."""

import pandas as pd
import streamlit as st

import ui
import viz
from ui import N_, decimal, language, plural, t
from ui.layout import fail, problem_text
from ui.models import allowed_ids
from ui.text import md
from viz.classify.datasets import LABELS, MIN_PER_LABEL, SHIPPED, Dataset, check_labels, divide, load_shipped
from viz.classify.own_texts import (
    MAX_BYTES,
    MAX_CHARS,
    MAX_ROWS,
    Table,
    check_rows,
    from_hub,
    guess_columns,
    read_table,
)

OWN, HUB = "own", "hub"
KEPT = "classify_own"  # the reader's set, in this session only
SHARED = "classify_data"  # what the page "¿Qué vector usar?" may measure too
ENCODINGS = (None, "utf-8", "cp1252", "latin-1", "utf-16")
FEW = 12  # rows of a preview


def choose_data() -> Dataset | None:
    """The chosen set with the chosen labels; None while the reader has not given one yet."""
    titles = {s.id: s.title for s in SHIPPED} | {OWN: N_("Mis textos"), HUB: N_("Un conjunto de Hugging Face")}
    left, right = st.columns([2, 3])
    first = "mail" if language() == "en" else None
    chosen = ui.choose(t("Textos"), titles, "k_set", default=first, kind="selectbox", place=left)
    if chosen in (OWN, HUB):
        data = _own(chosen)
    else:
        data = load_shipped(chosen)
        left.caption(t("Escritos para este curso: no son mensajes ni opiniones de nadie."))
    if data is None:
        return None
    own = chosen in (OWN, HUB)
    kept = right.multiselect(
        t("Etiquetas: una neurona cada una"),
        data.labels,
        default=data.labels,
        bind=None if own else "query-params",
        key=f"k_labels_{data.key[:6] if own else chosen}",
    )
    if len(kept) < LABELS[0]:
        right.caption(t("Con menos de dos etiquetas no hay nada que distinguir: se usan todas."))
    elif len(kept) < len(data.labels):
        data = data.only(kept)
    st.session_state[SHARED] = {"name": data.name, "train": data.train, "dev": data.dev, "test": data.test}
    return data


def is_shipped(data: Dataset) -> bool:
    return data.name in {s.id for s in SHIPPED}


def limits_text() -> str:
    return t(
        "Tus textos: CSV, TSV o XLSX de hasta {mb} MB, {rows} filas y {chars} caracteres por texto; de {least} a "
        "{most} etiquetas con {few} textos cada una por lo menos. De cada texto se leen los primeros 128 tokens. Nada "
        "se guarda al cerrar la pestaña.",
        mb=MAX_BYTES // 1_000_000,
        rows=MAX_ROWS,
        chars=MAX_CHARS,
        least=LABELS[0],
        most=LABELS[1],
        few=MIN_PER_LABEL,
    )


def _own(source: str) -> Dataset | None:
    """The upload or the hub form, and the set that an earlier visit to it left in this session."""
    kept: Dataset | None = st.session_state.get(f"{KEPT}_{source}")
    with st.expander(t("Traer textos"), expanded=kept is None, icon=":material/upload:"):
        try:
            found = _upload() if source == OWN else _fetch()
            if found:
                fresh = _preview(*found, source)
                kept = fresh or kept
        except viz.Problem as problem:
            fail(problem)
            if kept:
                st.caption(t("Se sigue con los textos de antes."))
    if kept is None:
        st.info(t("Trae tus textos para empezar, o elige arriba un conjunto del curso."))
    return kept


def _upload() -> tuple[str, Table] | None:
    file = st.file_uploader(
        t("Una tabla con una columna de textos y otra de etiquetas"),
        type=["csv", "tsv", "txt", "xlsx"],
        max_upload_size=MAX_BYTES // 1_000_000,
        key="k_file",
    )
    encoding = st.selectbox(
        t("Codificación"),
        ENCODINGS,
        key="k_encoding",
        format_func=lambda x: x or t("La que parezca"),
        help=t("Si en la muestra salen letras raras, prueba otra."),
    )
    if file is None:
        return None
    table = read_table(file.getvalue(), file.name, encoding)
    if table.encoding:
        st.caption(t("Leído como {encoding}.", encoding=md(table.encoding)))
    return file.name, table


def _fetch() -> tuple[str, Table] | None:
    """A hub set, fetched once when the button is pressed and then held in the session."""
    left, middle, right = st.columns([3, 2, 2])
    name = left.text_input(
        t("Identificador en Hugging Face"), key="k_hub", bind="query-params", max_chars=120, placeholder="Davlan/sib200"
    ).strip()
    config = middle.text_input(t("Configuración (si la tiene)"), key="k_hub_config", max_chars=60).strip()
    split = right.text_input(t("Parte"), "train", key="k_hub_split", max_chars=30).strip()
    if st.button(t("Traer"), icon=":material/download:", disabled=not name):
        with st.spinner(t("Trayendo «{id}»…", id=name), show_time=True):
            table = from_hub(name, config=config or None, split=split or "train", allowed=allowed_ids())
        st.session_state["classify_hub_table"] = (name, table)
    return st.session_state.get("classify_hub_table")


def _preview(name: str, table: Table, source: str) -> Dataset | None:
    """Columns, a sample and the faults; a set once the reader says so."""
    text, label = guess_columns(table)
    columns = range(len(table.columns))
    left, middle, right = st.columns(3)
    text = left.selectbox(t("Columna del texto"), columns, text, key=f"k_text_{source}", format_func=_at(table))
    label = middle.selectbox(
        t("Columna de la etiqueta"), columns, label, key=f"k_label_{source}", format_func=_at(table)
    )
    tongue = right.selectbox(
        t("Idioma"),
        ["es", "en"],
        key=f"k_tongue_{source}",
        help=t("Decide con qué vectores GloVe se compara."),
        format_func={"es": t("español"), "en": t("inglés")}.__getitem__,
    )
    if text == label:
        raise viz.Problem("El texto y la etiqueta han de ser columnas distintas.")
    checked = check_rows(table, text, label)
    if checked.rows:
        sample = pd.DataFrame(checked.rows[:FEW], columns=[t("Texto"), t("Etiqueta")])
        st.dataframe(sample, hide_index=True, height=220, alt=t("Las primeras filas"))
    if checked.faults:
        good = decimal(len(checked.rows), 0)
        bad = len(checked.faults)
        st.warning(plural(bad, "Una fila no sirve y {good} sí.", "{n} filas no sirven y {good} sí.", good=good))
        faults = [(line, problem_text(problem)) for line, problem in checked.faults[:200]]
        faulty = pd.DataFrame(faults, columns=[t("Fila"), t("Por qué no sirve")])
        st.dataframe(faulty, hide_index=True, height=180, alt=t("Las filas que no sirven"))
    check_labels(checked.rows)
    counts = pd.Series([row[1] for row in checked.rows]).value_counts()
    st.caption(", ".join(f"{md(kind)}: {decimal(n, 0)}" for kind, n in counts.items()))
    if not st.button(t("Usar estos textos"), type="primary", key=f"k_take_{source}"):
        return None
    data = divide(checked.rows, name, tongue)
    st.session_state[f"{KEPT}_{source}"] = data
    return data


def _at(table: Table):
    return lambda k: table.columns[k]

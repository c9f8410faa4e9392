"""Palabras como números: strips, neighbours, analogies, a map and an axis of static word vectors."""

import streamlit as st

import ui
import viz
from pages.words.analogies import draw_analogies
from pages.words.axis import draw_axis
from pages.words.map import draw_map
from pages.words.shared import MAX_AXIS, MAX_FILE, MAX_STRIPS
from pages.words.strips import draw_strips
from ui import N_, decimal, md, t
from viz.words.static import MAX_NUMBERS, MAX_WORDS, StaticVectors, read_upload
from viz.words.word_lists import load_word_lists
from viz.words.word_map import MAX_POINTS

SOURCES = {
    "es": N_("GloVe en español (200 números)"),
    "en": N_("GloVe en inglés, 6B (50 números)"),
    "own": N_("Un archivo mío…"),
}
VIEWS = {"strips": N_("Tiras y vecinas"), "analogies": N_("Analogías"), "map": N_("Mapa"), "axis": N_("Eje y sesgos")}
SECTIONS = {"strips": draw_strips, "analogies": draw_analogies, "map": draw_map, "axis": draw_axis}


def main() -> None:
    ui.start(
        t("Palabras como números"),
        t(
            "Antes de BERT, cada palabra era **un** vector: una lista de números, siempre la misma, diga lo que diga "
            "la frase. GloVe los aprende contando qué palabras aparecen cerca de cuáles."
        ),
    )
    ui.question(
        t(
            "«palo» tiene un solo vector para el de madera, el de la baraja y el de golf. ¿A cuál se parece más? "
            "Cambia la lista y mira sus vecinas."
        )
    )
    left, right = st.columns([2, 3])
    source = ui.choose(t("Vectores"), SOURCES, "w_source", default=ui.language(), kind="selectbox", place=left)
    view = ui.choose(t("Qué quieres ver"), VIEWS, "w_view", place=right, wrap=True)
    tongue = ui.language() if source == "own" else source
    lists = load_word_lists(tongue)
    with ui.section():
        vectors = _uploaded() if source == "own" else _open(source)
        if vectors:
            SECTIONS[view](vectors, lists, tongue)
    ui.limits(
        t(
            "Hasta {strips} tiras, {points} palabras en el mapa y {axis} en el eje; un archivo propio, hasta {mb} MB, "
            "{words} palabras y {numbers} millones de números. Nada de lo que subes se guarda.",
            strips=MAX_STRIPS,
            points=MAX_POINTS,
            axis=MAX_AXIS,
            mb=MAX_FILE,
            words=decimal(MAX_WORDS, 0),
            numbers=MAX_NUMBERS // 1_000_000,
        )
    )
    ui.next_stop("words")


def _open(source: str) -> StaticVectors:
    with st.spinner(t("Abriendo los vectores…"), show_time=True):
        vectors = viz.load_static(source)
        _ = vectors.unit  # made at the first search; here the wait is announced
    st.caption(_size(vectors))
    return vectors


def _size(vectors: StaticVectors) -> str:
    words, dimensions = vectors.matrix.shape
    return t(
        "{name}: {words} palabras, {dimensions} números cada una.",
        name=md(vectors.name),
        words=decimal(words, 0),
        dimensions=dimensions,
    )


def _uploaded() -> StaticVectors | None:
    file = st.file_uploader(
        t("Archivo de vectores: texto de GloVe, word2vec o fastText (.txt, .vec), o .npz con «words» y «vectors»"),
        type=["txt", "vec", "npz"],
        max_upload_size=MAX_FILE,
        key="w_file",
    )
    if file is None:
        st.info(t("Cada línea, una palabra y sus números, separados por espacios. Mientras tanto, elige GloVe arriba."))
        return None
    if st.session_state.get("w_own", (None,))[0] != file.file_id:
        bar = st.progress(0.0, t("Leyendo…"))

        def progress(lines: int) -> None:
            bar.progress(min(lines / MAX_WORDS, 1.0), t("{lines} líneas", lines=decimal(lines, 0)))

        st.session_state["w_own"] = (file.file_id, read_upload(file, file.name, progress))
        bar.empty()
    vectors = st.session_state["w_own"][1]
    st.caption(_size(vectors))
    if vectors.encoding != "utf-8":
        st.warning(t("Leído como {encoding}: si salen letras raras, guárdalo en UTF-8.", encoding=vectors.encoding))
    if vectors.repeated:
        repeated = decimal(vectors.repeated, 0)
        st.warning(t("Palabras que ya estaban antes en el archivo y no se usaron: {n}.", n=repeated))
    if vectors.skipped > vectors.repeated:
        st.warning(
            t(
                "Se dejaron fuera {n} líneas que no son una palabra y sus números, o que no caben; las primeras malas: "
                "{lines}.",
                n=decimal(vectors.skipped - vectors.repeated, 0),
                lines=", ".join(map(str, vectors.malformed)) or "–",
            )
        )
    return vectors


main()

"""The table of sentences: a lesson or the reader's own, edited in place, pasted, uploaded, kept in the link."""

from collections.abc import Iterable, Sequence

import pandas as pd
import streamlit as st

import ui
import viz
from ui import N_, fail, language, t
from ui.i18n import LANGUAGES
from viz.context.lessons import Lesson, dump_lesson, load_lessons
from viz.context.occurrences import bracketed, strip_brackets
from viz.context.rows import MAX_BYTES, Row, pack, parse_file, parse_lines, unpack
from viz.kit.tables import to_csv
from viz.kit.text import clean_text

OWN = "own"
LESSON, LINK = "c_lesson", "c_rows"


def choose_lesson() -> tuple[Lesson | None, str]:
    """The lesson (None for the reader's own sentences) and the word to study."""
    lessons = load_lessons(language())
    left, right = st.columns([3, 2])
    _take_foreign(lessons)
    titles = {name: lesson.title for name, lesson in lessons.items()} | {OWN: N_("Mis frases")}
    chosen = ui.choose(t("Lección"), titles, LESSON, kind="selectbox", place=left)
    if chosen != OWN:
        return lessons[chosen], lessons[chosen].word
    start = next(iter(lessons.values())).word
    word = ui.text_input(t("Palabra"), start, key="c_word", place=right, max_chars=60, placeholder=start)
    return None, word


def _take_foreign(lessons: dict[str, Lesson]) -> None:
    """A link to a lesson that this language does not have shows its sentences, as the reader's own."""
    state = st.session_state
    asked = {st.query_params.get(name) for name in (LESSON, *(f"{LESSON}_{lang}" for lang in LANGUAGES))} - {None}
    if not asked or LESSON in state:
        return
    for name, lesson in (pair for lang in LANGUAGES for pair in load_lessons(lang).items()):
        if name not in lessons and asked & {name, lesson.title}:
            state[LESSON], state["c_word"], state["c_own"] = OWN, lesson.word, list(lesson.rows)


def sentence_table(lesson: Lesson | None, word: str) -> list[Row]:
    """The editable table; returns its rows. What was changed goes into the link while it fits there."""
    source = lesson.id if lesson else OWN
    base = _base(source, lesson, word)
    st.caption(
        t(
            "Una frase por fila. La palabra se encuentra sola; si va en otra forma, márcala entre [corchetes]. El "
            "sentido es opcional: sin él, la página busca los grupos."
        )
    )
    columns = {
        "sentence": st.column_config.TextColumn(t("Frase"), width="large", max_chars=1000),
        "sense": st.column_config.TextColumn(t("Sentido"), width="small", max_chars=60),
    }
    edited = st.data_editor(
        pd.DataFrame(base, columns=list(columns)).astype(str),
        column_config=columns,
        num_rows="dynamic",
        hide_index=True,
        key=f"c_table_{source}_{st.session_state['c_version']}",
        height=300,
        alt=t("Tabla de frases y sentidos"),
    )
    rows = _clean(edited.fillna("").itertuples(index=False))
    _keep_in_link(rows, lesson)
    if lesson is None:
        rows = marked_for(word, rows, base, st.session_state["c_marked_for"])
        st.button(t("Vaciar la tabla"), on_click=_empty, disabled=not rows, icon=":material/delete_sweep:")
    _replace(word)
    _take_away(rows, word)
    return rows


def _clean(rows: Iterable[Sequence]) -> list[Row]:
    """Rows as the models read them, those without a sentence left out."""
    rows = [(clean_text(str(sentence or "")), clean_text(str(sense or ""))) for sentence, sense in rows]
    return [(sentence, sense) for sentence, sense in rows if sentence.strip()]


def marked_for(word: str, rows: list[Row], base: list[Row], marked: str) -> list[Row]:
    """The rows in which brackets count: those that came marked for another word lose theirs, and what the reader
    marked since stays."""
    if word.strip().casefold() == marked.strip().casefold():
        return rows
    old = {sentence for sentence, _ in base}
    return [(strip_brackets(sentence)[0] if sentence in old else sentence, sense) for sentence, sense in rows]


def _empty() -> None:
    st.session_state["c_own"], st.session_state["c_source"] = [], None


def _base(source: str, lesson: Lesson | None, word: str) -> list[Row]:
    """The rows that the editor starts from: they must stay the same object of thought while it is edited."""
    state = st.session_state
    state.setdefault("c_version", 0)
    if state.get("c_source") != source:
        first = "c_source" not in state
        state["c_source"], state["c_version"] = source, state["c_version"] + 1
        own = state.get("c_own")
        state["c_base"] = lesson.rows if lesson else _own_start() if own is None else own
        state["c_marked_for"] = word
        linked = st.query_params.get(LINK)
        if first and linked:
            try:
                state["c_base"] = _clean(unpack(linked))
            except viz.Problem as problem:
                state["c_broken"] = problem  # to be told above the pictures: the table may be folded
    return state["c_base"]


def _own_start() -> list[Row]:
    """The reader's own table starts with the first lesson's word and sentences, senses left out."""
    first = next(iter(load_lessons(language()).values()))
    return [(sentence, "") for sense in first.senses for sentence in sense.sentences[:2]]


def _keep_in_link(rows: list[Row], lesson: Lesson | None) -> None:
    if lesson is None:
        st.session_state["c_own"] = rows
    packed = None if lesson and rows == lesson.rows else pack(rows)
    if packed != st.query_params.get(LINK):
        if packed:
            st.query_params[LINK] = packed
        else:
            del st.query_params[LINK]
    if not packed and (lesson is None or rows != lesson.rows):
        st.caption(t("Son demasiadas frases para un enlace: para compartirlas, baja la lección (YAML)."))


def _replace(word: str) -> None:
    """Paste lines or upload a file in place of the rows."""
    with st.container(border=True):
        st.markdown(f"**{t('Pegar o subir frases')}**")
        pasted = st.text_area(
            t("Una frase por línea; después de una barra | puede ir el sentido"),
            key="c_paste",
            max_chars=50_000,
            height=160,
        )
        upload = st.file_uploader(
            t("O un archivo CSV, TXT, XLSX o una lección YAML"),
            type=["csv", "tsv", "txt", "xlsx", "yaml", "yml"],
            max_upload_size=MAX_BYTES // 1_000_000,
            key="c_file",
        )
        if st.button(t("Usar estas frases"), key="c_use", type="primary", disabled=not (pasted.strip() or upload)):
            try:
                named, rows = parse_file(upload.name, upload.getvalue()) if upload else (None, parse_lines(pasted))
            except viz.Problem as problem:
                fail(problem)
                return
            st.session_state["c_incoming"] = (clean_text(named or word), _clean(rows))
            st.rerun()


def take_incoming() -> None:
    """Before any widget is drawn: rows that were pasted or uploaded become the reader's own table."""
    word, rows = st.session_state.pop("c_incoming", (None, None))
    if rows:
        state = st.session_state
        state[LESSON] = OWN
        state["c_own"], state["c_source"], state["c_word"] = rows, None, word


def _take_away(rows: list[Row], word: str) -> None:
    with st.container(horizontal=True):
        table = pd.DataFrame(rows, columns=["sentence", "sense"])
        st.download_button(
            t("Frases (CSV)"),
            lambda: to_csv(table),
            "paloscopio-frases.csv",
            "text/csv",
            icon=":material/table:",
            on_click="ignore",
            key="c_rows_csv",
        )
        st.download_button(
            t("Lección (YAML)"),
            lambda: dump_lesson(word, language(), bracketed(rows, word)),
            "paloscopio-leccion.yaml",
            "application/yaml",
            icon=":material/school:",
            on_click="ignore",
            key="c_rows_yaml",
        )

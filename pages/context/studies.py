"""The study of a word, shared by all sessions: thirty people on one lesson cost what one does."""

from collections.abc import Sequence

import streamlit as st

import viz
from ui.i18n import t
from ui.layout import fail
from ui.models import current_store, static_vectors
from viz.context.study import Study, study


def open_study(rows: Sequence[tuple[str, str]], word: str) -> Study | None:
    """The study of these rows with the session's model, or None after saying what is wrong with them."""
    store, vectors = current_store(), static_vectors()
    try:
        with st.spinner(t("Leyendo {n} frases…", n=len(rows)), show_time=True):
            return _study(store, vectors, store.model.name, vectors.name, tuple(rows), word)
    except viz.Problem as problem:
        fail(problem)
        return None


@st.cache_resource(max_entries=32, show_spinner=False)
def _study(_store, _vectors, model: str, static: str, rows: tuple, word: str) -> Study:
    """A study is never changed, so that all sessions can share it."""
    return study(_store, _vectors, rows, word)

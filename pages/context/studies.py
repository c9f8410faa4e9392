"""The study of a word, shared by all sessions: thirty people on one lesson cost what one does."""

from collections.abc import Sequence

import streamlit as st

import ui
import viz
from ui import fail, plural
from ui.models import current_store, static_vectors
from viz.context.study import Study, study
from viz.model.store import Store


def open_study(rows: Sequence[tuple[str, str]], word: str) -> Study | None:
    """The study of these rows with the session's model, or None after saying what is wrong with them."""
    store, vectors = current_store(), static_vectors()
    try:
        with st.spinner(plural(len(rows), "Leyendo {n} frase…", "Leyendo {n} frases…"), show_time=True):
            return _study(store, vectors, tuple(rows), word)
    except viz.Problem as problem:
        fail(problem)
        return None


@ui.cache_resource(max_entries=32)
def _study(store: Store, vectors: viz.StaticVectors, rows: tuple, word: str) -> Study:
    """A study is never changed, so that all sessions can share it."""
    return study(store, vectors, rows, word)

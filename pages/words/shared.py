"""What the sections share."""

from collections.abc import Iterable

import streamlit as st

from ui import md, t
from viz.words.static import StaticVectors
from viz.words.word_lists import known

MAX_STRIPS = 8


MAX_AXIS = 60


MAX_FILE = 50  # MB


def quoted(words: Iterable[str]) -> str:
    return ", ".join(t("«{word}»", word=md(word)) for word in words)


def with_vector(words: tuple[str, ...], vectors: StaticVectors) -> tuple[str, ...]:
    """The words that have a vector; the others are named, never dropped in silence."""
    found, missing = known(words, vectors)
    if missing:
        st.warning(
            t(
                "No están en el vocabulario de {name}: {words}. Un vector fijo solo existe para las palabras vistas.",
                name=md(vectors.name),
                words=quoted(w[:40] for w in missing[:10]),
            )
        )
    return found

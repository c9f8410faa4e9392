"""Ready texts that follow the language switch, while the reader's own stay."""

from collections.abc import Callable

import streamlit as st

from ui.i18n import LANGUAGES, language


def from_another_language(key: str, ready: Callable[[str], list[str]]) -> bool:
    """Whether the text under ``key`` is a ready one of a language that is no longer spoken here."""
    others = [text for lang in LANGUAGES if lang != language() for text in ready(lang)]
    return st.session_state.get(key) in others

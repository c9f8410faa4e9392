"""Spanish is the language of the source; other languages are gettext catalogues, one file a page, in locale/."""

import gettext
import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

import streamlit as st
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

LOCALE = Path(__file__).parent.parent / "locale"
LANGUAGES = {"es": "Español", "en": "English"}
KEY = "lang"

N_ = str  # marks a message that is kept in data and translated where it is shown


def language() -> str:
    """The language of this session: "es" or "en"."""
    return st.session_state.get(KEY) or "es"


def choose_language() -> None:
    """The switch. First from the URL, then from the browser; kept in the URL, so that a link keeps its language."""
    if st.session_state.get(KEY) not in LANGUAGES:
        asked = st.query_params.get(KEY)
        browser = (st.context.locale or "es").split("-")[0]
        st.session_state[KEY] = next((x for x in (asked, browser) if x in LANGUAGES), "en")
    st.segmented_control("Idioma · Language", list(LANGUAGES), key=KEY, format_func=LANGUAGES.get, required=True)
    if st.query_params.get(KEY) != language():
        st.query_params[KEY] = language()


def t(message: str, **values: object) -> str:
    """A Spanish message in the session's language, with its ``{values}`` filled in."""
    text = catalogue(language()).gettext(message)
    return text.format(**values) if values else text


def decimal(number: float | None, digits: int = 2) -> str:
    """A number as the session's language writes it: 0,61 in Spanish, 0.61 in English; "–" for None."""
    if number is None:
        return "–"
    return format_decimal(number, format=f"#,##0.{'0' * digits}" if digits else "#,##0", locale=language())


def percent(share: float | None, digits: int = 0) -> str:
    """A share of 1 as a percentage, as the session's language writes it; "–" for None."""
    if share is None:
        return "–"
    return format_percent(share, format=f"#,##0{'.' + '0' * digits if digits else ''}%", locale=language())


@cache
def catalogue(lang: str) -> gettext.NullTranslations:
    """All the .po files of a language as one catalogue; Spanish has none, its messages are the source."""
    merged = gettext.NullTranslations()
    for path in sorted((LOCALE / lang).glob("*.po")):
        with path.open("rb") as po:
            compiled = io.BytesIO()
            write_mo(compiled, read_po(po, locale=lang))
        compiled.seek(0)
        page = gettext.GNUTranslations(compiled)
        page.add_fallback(merged)
        merged = page
    return merged


def from_another_language(key: str, ready: Callable[[str], list[str]]) -> bool:
    """Whether the text under ``key`` is a ready one of a language that is no longer spoken here."""
    others = [text for lang in LANGUAGES if lang != language() for text in ready(lang)]
    return st.session_state.get(key) in others

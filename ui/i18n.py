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

from viz.kit.text import N_

__all__ = ["N_", "catalogue", "choose_language", "compared", "decimal", "language", "percent", "plural", "t"]

LOCALE = Path(__file__).parent.parent / "locale"
LANGUAGES = {"es": "Español", "en": "English"}
KEY = "lang"


def language() -> str:
    """The language of this session: "es" or "en"."""
    return st.session_state.get(KEY) or "es"


def choose_language() -> None:
    """The switch. First from the URL, then from the browser; kept in the URL, so that a link keeps its language."""
    if st.session_state.get(KEY) not in LANGUAGES:
        asked = st.query_params.get(KEY)
        browser = (st.context.locale or "es").split("-")[0]
        st.session_state[KEY] = next((x for x in (asked, browser) if x in LANGUAGES), "en")
    st.segmented_control(
        "Idioma · Language", list(LANGUAGES), key=KEY, format_func=LANGUAGES.__getitem__, required=True
    )
    if st.query_params.get(KEY) != language():
        st.query_params[KEY] = language()


def t(message: str, lang: str | None = None, /, **values: object) -> str:
    """A Spanish message in the session's language, or in ``lang``, with its ``{values}`` filled in."""
    text = catalogue(lang or language()).gettext(message) if message else ""
    return text.format(**values) if values else text


def translations(message: str) -> list[str]:
    """A Spanish message as each language says it."""
    return [message, *(catalogue(lang).gettext(message) for lang in LANGUAGES)]


def decimal(number: float | None, digits: int = 2) -> str:
    """A number as the session's language writes it: 0,61 in Spanish, 0.61 in English; "–" for None."""
    if number is None:
        return "–"
    return format_decimal(number, format=f"#,##0.{'0' * digits}" if digits else "#,##0", locale=language())


def percent(share: float | None, digits: int = 0) -> str:
    """A share of 1 as a percentage, as the session's language writes it; "–" for None."""
    if share is None:
        return "–"
    space = "\u00a0" if language() == "es" else ""
    return format_percent(share, format=f"#,##0{'.' + '0' * digits if digits else ''}{space}%", locale=language())


def plural(n: int, one: str, many: str, **values: object) -> str:
    """A message for one thing or for several, ``{n}`` among its values: «1 tiene», «2 tienen».

    Both languages say one thing in the singular and anything else, none included, in the plural.
    """
    return t(one if n == 1 else many, n=decimal(n, 0), **values)


def compared(times: float, more: str, less: str, digits: int = 1) -> str:
    """``more`` or ``less`` with how many ``{times}``; «lo mismo» where that would be read as one time.

    >>> compared(2.5, "{times} veces más", "{times} veces menos")
    '2,5 veces más'
    >>> compared(1.04, "{times} veces más", "{times} veces menos")
    'lo mismo'
    """
    large, times = times >= 1, max(times, 1 / times)
    if round(times, digits) == 1:
        return t("lo mismo")
    return t(more if large else less, times=decimal(times, digits))


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

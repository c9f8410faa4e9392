"""What a reader chose or wrote, kept in the address of the page: the same address in every language.

Streamlit's ``bind="query-params"`` writes the label that is on the screen, which another language does not have, so it
is for numbers and switches only. Here the address holds a key. Older links are understood too: they hold labels of
either language, under names that may end in one (``c_view=Capa por capa``, ``r_view_es=Piezas``).
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TypeVar

import streamlit as st

from ui.i18n import LANGUAGES, t, translations
from viz.kit.text import clean_text

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def choose(
    label: str,
    options: Mapping[K, str],
    key: str,
    *,
    default: K | None = None,
    kind: str = "segmented_control",
    place=st,
    older: Mapping[str, K] | None = None,
    **more,
) -> K:
    """One of ``options``: its key is returned, and is what the address holds unless it is the default.

    Args:
        options: a Spanish message (marked ``N_``) or a name for each key.
        default: the key chosen at first; None takes the first one. A choice that nobody touched follows its default.
        kind: "segmented_control", "selectbox", "pills" or "radio".
        place: the column or container to draw in.
        older: keys of further values that old links may hold.
        more: for the widget; a ``format_func`` of one's own where the options are a reader's words, which no catalogue
            may translate.
    """
    keys = list(options)
    first = keys[0] if default is None else default
    seed(key, first, lambda values: _find(values[-1], options, older or {}))
    if st.session_state[key] not in options:  # the list changed since
        st.session_state[key] = first
    if kind in ("segmented_control", "pills"):
        more = {"required": True} | more
    chosen = getattr(place, kind)(label, keys, key=key, **{"format_func": lambda k: t(options[k])} | more)
    keep(key, str(chosen), str(first))
    return chosen


def choose_many(
    label: str,
    options: Mapping[K, str],
    key: str,
    *,
    default: Iterable[K] = (),
    kind: str = "multiselect",
    place=st,
    older: Mapping[str, K] | None = None,
    **more,
) -> list[K]:
    """Any of ``options``; see ``choose``."""
    first = [k for k in default if k in options]

    def read(values: list[str]) -> list[K] | None:
        found = (_find(value, options, older or {}) for value in values)
        known = list(dict.fromkeys(k for k in found if k is not None))
        return known if known or not any(values) else None

    seed(key, first, read)
    st.session_state[key] = [k for k in st.session_state[key] or () if k in options]
    more = {"format_func": lambda k: t(options[k])} | more
    more = {"selection_mode": "multi"} | more if kind != "multiselect" else more
    chosen = list(getattr(place, kind)(label, list(options), key=key, **more))
    keep(key, [str(k) for k in chosen] or "", [str(k) for k in first] or "")
    return chosen


def text_input(label: str, default: str = "", *, key: str, place=st, **more) -> str:
    """A line of text from the reader, cleaned for the models; the box and the address keep it as it was typed.

    A text that nobody touched follows its default, so that each language starts with its own.
    """
    return _text("text_input", label, default, key, place, more)


def text_area(label: str, default: str = "", *, key: str, place=st, **more) -> str:
    """Several lines of text; see ``text_input``."""
    return _text("text_area", label, default, key, place, more)


def _text(kind: str, label: str, default: str, key: str, place, more: dict) -> str:
    most = more.get("max_chars")
    seed(key, default, lambda values: values[-1][:most])
    typed = getattr(place, kind)(label, key=key, **more)
    keep(key, typed, default)
    return clean_text(typed)


def seed(key: str, default: V, read: Callable[[list[str]], V | None]) -> None:
    """Before the widget ``key`` is drawn: its value from the address at the first visit, else its default.

    ``read`` makes the value from what the address holds, None where that means nothing.
    """
    state, given = st.session_state, f"{key} default"
    if key not in state:
        linked = _linked(key)
        found = read(linked) if linked else None
        state[key] = default if found is None else found
    elif given in state and state[key] == state[given]:
        state[key] = default
    state[given] = default


def keep(key: str, value: str | list[str] | None, default: str | list[str] | None = None) -> None:
    """Write ``value`` into the address, or leave it out where it is the default or None."""
    held = st.query_params.get_all(key)
    wanted = [] if value is None or value == default else value if isinstance(value, list) else [value]
    if wanted and held != wanted:
        st.query_params[key] = wanted
    for name in _names(key)[0 if not wanted else 1 :]:
        if name in st.query_params:
            del st.query_params[name]


def forget(key: str, of: Hashable, first: V) -> None:
    """Before the widget ``key`` is drawn: a choice among things that have changed since goes back to the first."""
    if st.session_state.get(f"{key} of", of) != of:
        st.session_state[key] = first
    st.session_state[f"{key} of"] = of


def _names(key: str) -> list[str]:
    return [key, *(f"{key}_{lang}" for lang in LANGUAGES)]


def _linked(key: str) -> list[str]:
    """What the address holds under a key; in older links, under the key with a language at its end."""
    return next((st.query_params.get_all(name) for name in _names(key) if name in st.query_params), [])


def _find(value: str, options: Mapping[K, str], older: Mapping[str, K]) -> K | None:
    """The key that an address means: itself, or its label in any language."""
    wanted = value.strip().casefold()
    for key in options:
        if str(key) == value:
            return key
    for key, message in options.items():
        if wanted in {text.strip().casefold() for text in translations(message)}:
            return key
    found = older.get(value)
    return found if found in options else None

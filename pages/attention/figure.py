"""The figure of all heads, made once for each reading; what is opened in it and on the page is the same."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

import ui
import viz
from pages.attention.reading import Choice, read
from ui.i18n import language, t
from viz.attention import weights as attention
from viz.attention.figure import TEXTS

FRAME = Path(__file__).with_name("frame.js")


def draw(choice: Choice) -> Callable[[], str]:
    """Put the figure on the page; returns what makes it as a file that opens as it is now."""
    single = choice.kind == "rollout"  # one map a layer, no heads
    mount = st.components.v2.component(
        "paloscopio_attention",
        html="<iframe sandbox='allow-scripts allow-downloads'></iframe>",
        css="iframe { width: 100%; border: 0; }",
        js=FRAME.read_text("utf-8"),
    )
    mount(
        key="a_figure",
        on_chosen_change=lambda: _follow(single),
        data={
            "html": _html(*_key(choice), "model", 0, 0),
            "alt": t("Atención de todas las cabezas: cuadro, líneas y mapa"),
            "chosen": {"view": choice.view, "layer": choice.layer, "head": 0 if single else choice.head},
        },
    )
    return lambda: _html(*_key(choice), choice.view, choice.layer, 0 if single else choice.head)


def _key(choice: Choice) -> tuple:
    return (
        choice.model,
        choice.text,
        choice.pair,
        choice.words,
        choice.kind,
        st.context.theme.type or "auto",
        language(),
    )


def _follow(single: bool) -> None:
    """What was opened in the figure is what the page is about."""
    chosen = st.session_state["a_figure"].chosen
    st.session_state["a_view"], st.session_state["a_layer"] = chosen["view"], chosen["layer"] + 1
    if not single:
        st.session_state["a_head"] = chosen["head"] + 1


def draw_whole(choice: Choice, tokens: int) -> Callable[[], str]:
    """One layer of a text of more than 128 pieces, all its pieces."""
    html = _whole(
        choice.model,
        choice.text,
        choice.pair,
        choice.words,
        choice.layer,
        choice.head,
        st.context.theme.type or "auto",
        language(),
    )
    st.iframe(html, alt=t("Atención de una capa sobre {tokens} piezas", tokens=tokens))
    return lambda: html


@ui.cache_data(max_entries=12)
def _html(model: viz.Model, text, pair, words, kind, theme, lang, view, layer, head) -> str:
    reading, _ = read(model, text, pair)
    weights = {
        "raw": lambda: None,
        "norms": lambda: attention.norm_weights(reading),
        "rollout": lambda: attention.rollout(attention.attentions_of(reading.encoding)),
    }[kind]()
    return viz.attention_html(
        reading.encoding,
        weights=weights,
        words=words,
        view=view,
        layer=layer,
        heads=[head],
        theme=theme,
        lang=lang,
        texts=_texts(),
        note=_note(kind, model.name),
    )


@ui.cache_data(max_entries=4)
def _whole(model: viz.Model, text, pair, words, layer, head, theme, lang) -> str:
    encoding = model.encode([text if pair is None else (text, pair)], max_tokens=512)[0]
    return viz.attention_html(
        encoding,
        words=words,
        view="map",
        layer=layer,
        heads=[head],
        theme=theme,
        lang=lang,
        texts=_texts(),
        note=_note("raw", model.name),
    )


def _texts() -> dict[str, str]:
    return {key: t(text) for key, text in TEXTS.items()}


def _note(kind: str, model: str) -> str:
    said = {
        "raw": t("Pesos de atención"),
        "norms": t("Pesos por lo que llevan (normas), cada fila a escala 1"),
        "rollout": t("Atención acumulada hasta la entrada (rollout), una por capa"),
    }
    return f"{said[kind]} · {model}"

"""The figure of all heads, made once for each choice."""

import streamlit as st

import viz
from ui.attention.reading import Choice
from ui.i18n import language, t
from viz import attention
from viz.figures.attention import TEXTS


def draw(choice: Choice) -> str:
    """Put the figure on the page and return its HTML."""
    html = _html(
        choice, choice.model.name, choice.text, choice.pair, choice.words, choice.kind, choice.view, choice.layer,
        choice.head, st.context.theme.type or "auto", language(),
    )  # fmt: skip
    st.iframe(html, alt=t("Atención de todas las cabezas: cuadro, líneas y mapa"))
    return html


def draw_whole(choice: Choice, tokens: int) -> str:
    """One layer of a text of more than 128 pieces, all its pieces."""
    html = _whole(
        choice.model, choice.model.name, choice.text, choice.pair, choice.words, choice.layer, choice.head,
        st.context.theme.type or "auto", language(),
    )  # fmt: skip
    st.iframe(html, alt=t("Atención de una capa sobre {tokens} piezas", tokens=tokens))
    return html


@st.cache_data(max_entries=12, show_spinner=False)
def _html(_choice: Choice, model, text, pair, words, kind, view, layer, head, theme, lang) -> str:
    reading = _choice.reading
    weights = {
        "raw": lambda: None,
        "norms": lambda: attention.norm_weights(reading),
        "rollout": lambda: attention.rollout(reading.encoding.attentions),
    }[kind]()
    return viz.attention_html(
        reading.encoding, weights=weights, words=words, view=view, layer=layer,
        heads=[0 if kind == "rollout" else head], theme=theme, lang=lang, texts=_texts(), note=_note(kind, model),
    )  # fmt: skip


@st.cache_data(max_entries=4, show_spinner=False)
def _whole(_model: viz.Model, model, text, pair, words, layer, head, theme, lang) -> str:
    encoding = _model.encode([text if pair is None else (text, pair)], max_tokens=512)[0]
    return viz.attention_html(
        encoding, words=words, view="map", layer=layer, heads=[head], theme=theme, lang=lang, texts=_texts(),
        note=_note("raw", model),
    )  # fmt: skip


def _texts() -> dict[str, str]:
    return {key: t(text) for key, text in TEXTS.items()}


def _note(kind: str, model: str) -> str:
    said = {
        "raw": t("Pesos de atención"),
        "norms": t("Pesos por lo que llevan (normas), cada fila a escala 1"),
        "rollout": t("Atención acumulada hasta la entrada (rollout), una por capa"),
    }
    return f"{said[kind]} · {model}"

"""What the sections share: the sentence, its words as things to click, and cached answers of the model."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

import viz
from ui.i18n import decimal, from_another_language, language, percent, t
from ui.text import md
from viz.masked import cloze, surprise
from viz.masked.lessons import Sentence, load_cloze

MAX_CHARACTERS = 400
MAX_TOKENS = 128
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
PICKS = {"mw_hidden": None, "mw_open": 1, "mw_left": 1}  # how many of a ready sentence's words each takes


def choose_text(model: viz.Model) -> str:
    """A ready sentence, or the reader's own."""
    ready = {s.text: s for s in load_cloze(language()).sentences}

    def take(chosen: str | None) -> None:
        if chosen:
            st.session_state["mw_text"] = chosen
            for key, most in PICKS.items():
                first = marked(model, chosen)
                st.session_state[key] = first if most is None else first[0]

    if from_another_language("mw_text", lambda lang: [s.text for s in load_cloze(lang).sentences]):
        take(next(iter(ready)))
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    text = left.text_input(
        t("Frase"),
        next(iter(ready)),
        key="mw_text",
        bind="query-params",
        max_chars=MAX_CHARACTERS,
        help=t("También puedes escribir [MASK] donde falte una palabra."),
    )
    right.selectbox(
        t("Frases de la lección"),
        list(ready),
        index=None,
        key="mw_ready",
        placeholder=t("Elige una…"),
        on_change=lambda: take(st.session_state["mw_ready"]),
    )
    return text


def marked(model: viz.Model, text: str) -> list[str]:
    """The words that start hidden in a sentence of the lesson, as their labels; none in any other."""
    lesson: Sentence | None = next((s for s in load_cloze(language()).sentences if s.text == text), None)
    if lesson is None:
        return []
    found = cloze.words(model, text, MAX_TOKENS)
    return [label for word, label in zip(found, labels(found), strict=True) if (word.start, word.end) in lesson.hidden]


def labels(words: Sequence[viz.Word]) -> list[str]:
    """A distinct label for each word: the second «la» of a sentence is «la²»."""
    seen: Counter[str] = Counter()
    result = []
    for word in words:
        seen[word.text] += 1
        again = str(seen[word.text]).translate(SUPERSCRIPTS) if seen[word.text] > 1 else ""
        result.append(word.text + again)
    return result


def pick_one(model: viz.Model, text: str, key: str, label: str) -> int:
    """The number of the one word the reader chose."""
    names = labels(cloze.words(model, text, MAX_TOKENS))
    if not names:
        raise viz.Problem("No hay ninguna palabra que ocultar.")
    default = next(iter(marked(model, text)), names[0])
    return names.index(
        st.pills(label, names, default=default, key=key, bind="query-params", format_func=md, required=True)
    )


def shown(model: viz.Model, found: cloze.Cloze) -> list[tuple[str, str, str]]:
    """The input as the model gets it, for ``figures.cloze.chips``: gaps coloured and numbered."""
    from viz.kit.palette import BLUE

    gap_of = {p: n for n, gap in enumerate(found.gaps, start=1) for p in gap.positions}
    tokens = model.tokenizer.convert_ids_to_tokens(list(found.ids))
    return [
        (token, BLUE if i in gap_of else "", t("hueco {n}", n=gap_of[i]) if i in gap_of else "")
        for i, token in enumerate(tokens)
    ]


def warn_cut(found: cloze.Cloze) -> None:
    if found.cut:
        st.warning(t("Se leen los primeros {n} trozos; quedaron fuera {cut} letras.", n=MAX_TOKENS, cut=found.cut))


def hesitation(answer: cloze.GapAnswer) -> str:
    """Entropy in plain words."""
    if answer.perplexity < 1.5:
        return t("apenas duda")
    if len(answer.gap.positions) > 1:
        return t("para la primera pieza duda como entre {n} igual de probables", n=decimal(answer.perplexity, 0))
    return t("duda como entre {n} palabras igual de probables", n=decimal(answer.perplexity, 0))


def chance(p: float) -> str:
    """A probability with as many digits as it needs."""
    if p >= 0.001:
        return percent(p, 1)
    return t("1 entre {n}", n=decimal(float(f"{1 / p:.1e}"), 0)) if p > 1e-12 else t("casi 0")


@st.cache_data(max_entries=200, show_spinner=False)
def readings(_model: viz.Model, name: str, found: cloze.Cloze, k: int = 10) -> list[cloze.GapAnswer]:
    return cloze.read_gaps(_model, found, k)


@st.cache_data(max_entries=200, show_spinner=False)
def candidate_scores(
    _model: viz.Model, name: str, found: cloze.Cloze, g: int, words: tuple[str, ...]
) -> list[cloze.WordFit]:
    return cloze.score_candidates(_model, found, g, words)


@st.cache_data(max_entries=100, show_spinner=False)
def both_sides(_model: viz.Model, name: str, text: str) -> tuple[list[surprise.Surprise], list[surprise.Surprise]]:
    return surprise.sides(_model, text, MAX_TOKENS)


@st.cache_data(max_entries=100, show_spinner=False)
def surprises(_model: viz.Model, name: str, text: str) -> list[surprise.Surprise]:
    return surprise.surprise(_model, text, MAX_TOKENS)

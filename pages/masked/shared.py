"""What the sections share: the sentence, its words as things to click, and cached answers of the model."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

import ui
import viz
from ui import decimal, language, md, percent, plural, t
from ui.i18n import from_another_language
from viz.kit.palette import BLUE
from viz.masked import cloze, surprise
from viz.masked.lessons import Sentence, load_cloze

MAX_CHARACTERS = 400
MAX_TOKENS = 128
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def choose_text(model: viz.Model) -> tuple[str, tuple[viz.Word, ...]]:
    """A ready sentence or the reader's own, and its words that can be hidden.

    Raises:
        Problem: there is nothing to read in it.
    """
    ready = [s.text for s in load_cloze(language()).sentences]

    def take() -> None:
        """The box is a menu: what was taken from it may be changed, so it does not stay on show."""
        st.session_state["mw_text"] = st.session_state["mw_ready"] or st.session_state["mw_text"]
        st.session_state["mw_ready"] = None

    if from_another_language("mw_text", lambda lang: [s.text for s in load_cloze(lang).sentences]):
        st.session_state["mw_text"] = ready[0]
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    text = ui.text_input(
        t("Frase"),
        ready[0],
        key="mw_text",
        place=left,
        max_chars=MAX_CHARACTERS,
        help=t("También puedes escribir [MASK] donde falte una palabra."),
    )
    right.selectbox(
        t("Frases de la lección"), ready, index=None, key="mw_ready", placeholder=t("Elige una…"), on_change=take
    )
    return text, cloze.words(model, text, MAX_TOKENS)


def marked(text: str, words: Sequence[viz.Word]) -> list[str]:
    """The words that start hidden in a sentence of the lesson, as their labels; none in any other."""
    lesson: Sentence | None = next((s for s in load_cloze(language()).sentences if s.text == text), None)
    if lesson is None:
        return []
    return [label for word, label in zip(words, labels(words), strict=True) if (word.start, word.end) in lesson.hidden]


def pick_hidden(text: str, words: Sequence[viz.Word], label: str) -> tuple[int, ...]:
    """The numbers of the words that the reader hides.

    Another sentence of the lesson comes with its own; in a text that is being changed, those that are still there stay.
    """
    names, first, state = labels(words), marked(text, words), st.session_state
    if first and state.get("mw_hidden of", text) != text:
        state["mw_hidden"] = first
    state["mw_hidden of"] = text
    if "mw_hidden" not in state:
        ui.seed("mw_hidden", first, list)
    state["mw_hidden"] = [name for name in state["mw_hidden"] if name in names]
    picked = st.pills(label, names, selection_mode="multi", key="mw_hidden", format_func=md)
    ui.keep("mw_hidden", picked or "", first or "")
    return tuple(sorted(names.index(name) for name in picked))


def labels(words: Sequence[viz.Word]) -> list[str]:
    """A distinct label for each word: the second «la» of a sentence is «la²»."""
    seen: Counter[str] = Counter()
    result = []
    for word in words:
        seen[word.text] += 1
        again = str(seen[word.text]).translate(SUPERSCRIPTS) if seen[word.text] > 1 else ""
        result.append(word.text + again)
    return result


def pick_one(text: str, words: Sequence[viz.Word], key: str, label: str) -> int:
    """The number of the one word the reader chose.

    Raises:
        Problem: the text has none.
    """
    names = {name: name for name in labels(words)}
    if not names:
        raise viz.Problem("No hay ninguna palabra que ocultar.")
    first = next(iter(marked(text, words)), None)
    return list(names).index(ui.choose(label, names, key, default=first, kind="pills", format_func=md))


def shown(model: viz.Model, found: cloze.Cloze) -> list[tuple[str, str, str]]:
    """The input as the model gets it, for ``figures.cloze.chips``: gaps coloured and numbered."""
    gap_of = {p: n for n, gap in enumerate(found.gaps, start=1) for p in gap.positions}
    tokens = model.tokenizer.convert_ids_to_tokens(list(found.ids))
    return [
        (token, BLUE if i in gap_of else "", t("hueco {n}", n=gap_of[i]) if i in gap_of else "")
        for i, token in enumerate(tokens)
    ]


def warn_cut(found: cloze.Cloze) -> None:
    if found.cut:
        st.warning(
            plural(
                found.cut,
                "Se leen las primeras {most} piezas; quedó fuera {n} letra.",
                "Se leen las primeras {most} piezas; quedaron fuera {n} letras.",
                most=MAX_TOKENS,
            ),
            icon=":material/content_cut:",
        )


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


@ui.cache_data(max_entries=200)
def readings(model: viz.Model, found: cloze.Cloze, k: int = 10) -> list[cloze.GapAnswer]:
    return cloze.read_gaps(model, found, k)


@ui.cache_data(max_entries=200)
def candidate_scores(model: viz.Model, found: cloze.Cloze, g: int, words: tuple[str, ...]) -> list[cloze.WordFit]:
    return cloze.score_candidates(model, found, g, words)


@ui.cache_data(max_entries=100)
def both_sides(model: viz.Model, text: str) -> tuple[list[surprise.Surprise], list[surprise.Surprise]]:
    return surprise.sides(model, text, MAX_TOKENS)


@ui.cache_data(max_entries=100)
def surprises(model: viz.Model, text: str) -> list[surprise.Surprise]:
    return surprise.surprise(model, text, MAX_TOKENS)

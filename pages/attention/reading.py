"""What the reader chose and what the model read: shared by every section."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import streamlit as st

import ui
import viz
from pages.attention.said import describe
from ui import t
from viz.attention import weights as attention
from viz.attention.figure import LIMIT

MAX_CHARACTERS = 3000


@dataclass(frozen=True, eq=False)
class Choice:
    """One reading and the head that the page is about; ``layer`` and ``head`` count from 0."""

    model: viz.Model
    text: str
    pair: str | None
    words: bool
    kind: str
    view: str
    layer: int
    head: int
    reading: attention.Pass

    @property
    def encoding(self) -> viz.Encoding:
        return self.reading.encoding

    @cached_property
    def statistics(self) -> pd.DataFrame:
        return viz.head_statistics(self.encoding)

    def described(self, layer: int, head: int) -> tuple[str, dict[str, float]]:
        row = self.statistics.iloc[layer * self.model.attention_heads + head]
        return describe(row, len(self.encoding.tokens))


def choose_text() -> tuple[str, str | None]:
    """One sentence, or two that share an input. Each language starts with its own."""
    left, right = st.columns([3, 2])
    first = ui.text_input(
        t("Frase"),
        t("El velero perdió el palo y la vela en una tormenta."),
        key="a_text",
        place=left,
        max_chars=MAX_CHARACTERS,
    )
    second = ui.text_input(
        t("Segunda frase (si quieres)"),
        key="a_pair",
        place=right,
        max_chars=MAX_CHARACTERS,
        help=t("Con dos frases puedes ver solo lo que va de una a la otra: A → B, B → A."),
    )
    return first, second or None


def distinct(words: Iterable[str]) -> list[str]:
    """A name for each word; the second «la» of a sentence is «la (2)»."""
    seen: Counter[str] = Counter()
    names = []
    for word in words:
        seen[word] += 1
        names.append(f"{word} ({seen[word]})" if seen[word] > 1 else word)
    return names


def show_head(layer: int, head: int) -> None:
    """For buttons: open the figure on this head, counted from 0."""
    st.session_state["a_layer"], st.session_state["a_head"] = layer + 1, head + 1
    st.session_state["a_view"] = "head"


@ui.cache_resource(max_entries=16)
def read(model: viz.Model, text: str, pair: str | None) -> tuple[attention.Pass, int]:
    """One pass, kept for everybody, and the number of tokens; of a long text only the last 128 are kept.

    A resource rather than data: the arrays are never written to, and copying them at each rerun would cost more
    than the pass.
    """
    reading = attention.read(model, text if pair is None else (text, pair), 512)
    return attention.last_tokens(reading, LIMIT), len(reading.encoding.tokens)

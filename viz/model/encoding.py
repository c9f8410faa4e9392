"""What one forward pass leaves behind: an immutable value from which every picture derives."""

import re
from dataclasses import dataclass

import numpy as np

from viz.kit.errors import Problem

# A word is a run of letters and digits (with inner apostrophe or hyphen); any other visible character stands alone.
WORD = re.compile(r"\w+(?:['’\-]\w+)*|[^\w\s]")


@dataclass(frozen=True)
class Word:
    """A word of the text and the word pieces that cover it.

    ``start``/``end`` are character offsets into its segment's text; ``first``/``last`` are token positions,
    ``last`` exclusive. ``segment`` is 0 for the first text, 1 for the second of a pair.
    """

    text: str
    start: int
    end: int
    first: int
    last: int
    segment: int = 0


@dataclass(frozen=True, eq=False)
class Tokens:
    """One text (or pair of texts) as it enters the model.

    Attributes:
        text: the text, or the first of a pair, as ``viz.kit.text.clean_text`` leaves it: offsets count in it.
        pair: the second text of a pair, or None.
        tokens: word pieces, special tokens included.
        ids: their vocabulary ids.
        offsets: ``(start, end)`` character offsets of each token in its segment's text; ``(0, 0)`` for specials.
        segments: 0 or 1 for each token.
        special: True for [CLS], [SEP] and their like.
        words: the words of the text(s) that the model saw, in order.
        cut: number of characters that did not fit and were left out, 0 as a rule.
    """

    text: str
    pair: str | None
    tokens: tuple[str, ...]
    ids: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]
    segments: tuple[int, ...]
    special: tuple[bool, ...]
    words: tuple[Word, ...]
    cut: int


@dataclass(frozen=True, eq=False)
class Encoding(Tokens):
    """One text (or pair of texts) as it leaves the model.

    Attributes:
        hidden_states: float32 ``(layers + 1, tokens, hidden)``; index 0 is the output of the embedding layer.
        attentions: float32 ``(layers, heads, tokens, tokens)``, rows are queries and sum to 1; None if not asked for.
    """

    hidden_states: np.ndarray
    attentions: np.ndarray | None

    @property
    def layers(self) -> int:
        return self.hidden_states.shape[0] - 1

    def word_at(self, start: int, end: int, segment: int = 0) -> Word:
        """The word that covers the characters ``start:end``; a span of several words gives their union.

        Raises:
            Problem: no token covers the span (it was cut off, or holds only white space).
        """
        inside = [w for w in self.words if w.segment == segment and w.start < end and w.end > start]
        if not inside:
            source = self.pair if segment else self.text
            raise Problem("El modelo no llegó a leer «{word}» en esta frase.", word=(source or "")[start:end])
        first, last = inside[0], inside[-1]
        if first is last:
            return first
        text = (self.pair or "") if segment else self.text
        return Word(text[first.start : last.end], first.start, last.end, first.first, last.last, segment)

    def pool(self, word: Word, how: str = "mean") -> np.ndarray:
        """One vector a layer for a word of one or more pieces: float32 ``(layers + 1, hidden)``.

        ``how`` is "mean" (all pieces) or "first" (the first piece, as in Devlin et al. 2019, section 5.3).
        """
        if how == "first":
            return self.hidden_states[:, word.first]  # (layers + 1, hidden)
        if how == "mean":
            return self.hidden_states[:, word.first : word.last].mean(axis=1)  # (layers + 1, hidden)
        raise Problem("No se conoce la forma «{how}» de unir piezas; las hay: mean, first.", how=how)


def find_words(text: str, offsets, segment: int = 0, token_range=None) -> tuple[Word, ...]:
    """Words of ``text`` and the tokens that cover them, for any tokenizer that gives character offsets.

    Pre-tokenizers disagree on what a word is (XLM-R keeps the full stop with it), so the words come from the
    text itself and tokens are assigned by overlap. Words that no token covers (cut off) are left out.
    """
    token_range = range(len(offsets)) if token_range is None else token_range
    spans = [(i, *offsets[i]) for i in token_range if offsets[i][1] > offsets[i][0]]
    words, k = [], 0
    for match in WORD.finditer(text):
        while k < len(spans) and spans[k][2] <= match.start():
            k += 1
        covering, j = [], k
        while j < len(spans) and spans[j][1] < match.end():
            covering.append(spans[j][0])
            j += 1
        if covering:
            words.append(Word(match.group(), match.start(), match.end(), covering[0], covering[-1] + 1, segment))
    return tuple(words)

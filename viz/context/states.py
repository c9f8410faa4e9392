"""The contextual vectors of occurrences of a word, and of the words around them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from viz.context.occurrences import Occurrence
from viz.model.encoding import Encoding
from viz.model.store import Store

CONTEXT_WORDS = 400  # enough for a mean cosine good to about 0.01


@dataclass(frozen=True, eq=False)
class WordStates:
    """The contextual vectors of some occurrences, and of the words around them.

    Attributes:
        target: ``(occurrences, layers + 1, hidden)``, pieces pooled.
        context: ``(words, layers + 1, hidden)``, other words of the same sentences, for the anisotropy baseline.
        context_sentence: the sentence each context word comes from, ``(words,)``.
    """

    target: np.ndarray
    context: np.ndarray
    context_sentence: np.ndarray


def word_states(store: Store, occurrences: Sequence[Occurrence], how: str = "mean") -> WordStates:
    """``pool_states`` of sentences that the store may have to read first.

    Raises:
        Problem: an occurrence lies beyond the token limit.
    """
    texts = [o.text for o in occurrences]
    return pool_states(dict(zip(texts, store.encode(texts), strict=True)), occurrences, how)


def pool_states(encodings: Mapping[str, Encoding], occurrences: Sequence[Occurrence], how: str = "mean") -> WordStates:
    """The vectors of each occurrence and of other words of its sentence (400 at most), all layers.

    Args:
        encodings: of each occurrence's sentence, by its text.

    Raises:
        Problem: an occurrence lies beyond the token limit.
    """
    target = np.stack([encodings[o.text].pool(encodings[o.text].word_at(o.start, o.end), how) for o in occurrences])
    others = [
        (n, encoding, word)
        for n, (text, encoding) in enumerate(
            (text, encodings[text]) for text in dict.fromkeys(o.text for o in occurrences)
        )
        for word in encoding.words
        if word.text.isalpha()
        and not any(o.text == text and word.start < o.end and word.end > o.start for o in occurrences)
    ]
    others = others[:: 1 + len(others) // CONTEXT_WORDS]  # evenly from all sentences
    context = [encoding.pool(word, how) for _, encoding, word in others]
    return WordStates(
        target=target,  # (occurrences, layers + 1, hidden)
        context=np.stack(context) if context else np.zeros((0, *target.shape[1:]), np.float32),
        context_sentence=np.array([n for n, _, _ in others], dtype=int),
    )

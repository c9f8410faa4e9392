"""Vectors that were already computed: a change of one sentence costs one sentence."""

import threading
from collections.abc import Sequence

import numpy as np
from cachetools import LRUCache

from viz.model.base import Model
from viz.model.encoding import Encoding
from viz.occurrences import Occurrence
from viz.senses import WordStates

BYTES = 256 * 2**20
CONTEXT_WORDS = 400  # enough for a mean cosine good to about 0.01


class Store:
    """Encodings of recent sentences for one model, shared by everybody on the host, up to 256 MB.

    Attentions are left out: nothing built on this store shows them.
    """

    def __init__(self, model: Model, max_tokens: int = 128):
        self.model = model
        self.max_tokens = max_tokens
        self._cache: LRUCache[str, Encoding] = LRUCache(BYTES, getsizeof=lambda e: e.hidden_states.nbytes)
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Encodings in the order given; only texts not seen lately go through the model, in one batch."""
        with self._lock:
            known = {text: self._cache[text] for text in set(texts) if text in self._cache}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            fresh = self.model.encode(missing, attentions=False, max_tokens=self.max_tokens)
            known |= dict(zip(missing, fresh, strict=True))
            with self._lock:
                self._cache.update(zip(missing, fresh, strict=True))
        return [known[text] for text in texts]

    def word_states(self, occurrences: Sequence[Occurrence], how: str = "mean") -> WordStates:
        """The vectors of each occurrence and of other words of its sentence (400 at most), all layers.

        Raises:
            Problem: an occurrence lies beyond the token limit.
        """
        encodings = dict(zip((o.text for o in occurrences), self.encode([o.text for o in occurrences]), strict=True))
        target = np.stack([encodings[o.text].pool(encodings[o.text].word_at(o.start, o.end), how) for o in occurrences])
        others = [
            (n, encoding, word)
            for n, (text, encoding) in enumerate(encodings.items())
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

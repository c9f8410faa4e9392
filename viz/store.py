"""Vectors that were already computed: a change of one sentence costs one sentence."""

import threading
from collections.abc import Sequence

import numpy as np
from cachetools import LRUCache

from viz.encoding import Encoding
from viz.model import Model
from viz.occurrences import Occurrence
from viz.senses import WordStates

BYTES = 256 * 2**20


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
        """The vectors of each occurrence and of the other words of its sentence, all layers.

        Raises:
            Problem: an occurrence lies beyond the token limit.
        """
        encodings = self.encode([o.text for o in occurrences])
        target, context, sentence = [], [], []
        for encoding, o in zip(encodings, occurrences, strict=True):
            word = encoding.word_at(o.start, o.end)
            target.append(encoding.pool(word, how))
        for n, text in enumerate(dict.fromkeys(o.text for o in occurrences)):
            encoding = encodings[[o.text for o in occurrences].index(text)]
            marked = [(o.start, o.end) for o in occurrences if o.text == text]
            for word in encoding.words:
                if word.text.isalpha() and not any(word.start < end and word.end > start for start, end in marked):
                    context.append(encoding.pool(word, how))
                    sentence.append(n)
        shape = (0, *target[0].shape)
        return WordStates(np.stack(target), np.stack(context) if context else np.zeros(shape), np.array(sentence))

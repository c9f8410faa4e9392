"""Vectors that were already computed: a change of one sentence costs one sentence."""

import threading
from collections.abc import Sequence

from cachetools import LRUCache

from viz.model.base import Model
from viz.model.encoding import Encoding

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

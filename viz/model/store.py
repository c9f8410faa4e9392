"""Vectors that were already computed: a change of one sentence costs one sentence."""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from cachetools import LRUCache

from viz.model.base import Model
from viz.model.encoding import Encoding

BYTES = 256 * 2**20

Value = TypeVar("Value")
Kind = TypeVar("Kind", bound=Model)


class TextCache(Generic[Value]):
    """What a model made of recent texts, up to ``limit`` bytes, shared by everybody on the host.

    Args:
        compute: values of texts, in the order given.
        nbytes: the size of a value.
    """

    def __init__(
        self, compute: Callable[[Sequence[str]], Sequence[Value]], nbytes: Callable[[Value], int], limit: int = BYTES
    ):
        self._compute = compute
        self._cache: LRUCache[str, Value] = LRUCache(limit, getsizeof=nbytes)
        self._lock = threading.Lock()

    def known(self, texts: Iterable[str]) -> dict[str, Value]:
        """The texts whose value is still there, with it."""
        with self._lock:
            return {text: self._cache[text] for text in dict.fromkeys(texts) if text in self._cache}

    def missing(self, texts: Iterable[str]) -> list[str]:
        """The texts whose value is not there (any more), each once."""
        with self._lock:
            return [text for text in dict.fromkeys(texts) if text not in self._cache]

    def add(self, texts: Sequence[str]) -> dict[str, Value]:
        """Compute the values of these texts; those that find no room are returned all the same."""
        fresh = dict(zip(texts, self._compute(texts), strict=True))
        with self._lock:
            for text, value in fresh.items():
                if self._cache.getsizeof(value) <= self._cache.maxsize:
                    self._cache[text] = value
        return fresh


class Store(Generic[Kind]):
    """Encodings of recent sentences for one model, shared by everybody on the host, up to 256 MB.

    Attentions are left out: nothing built on this store shows them.
    """

    def __init__(self, model: Kind, max_tokens: int = 128):
        self.model = model
        self.max_tokens = max_tokens
        self._cache: TextCache[Encoding] = TextCache(self._read, lambda encoding: encoding.hidden_states.nbytes)

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Encodings in the order given; only texts not seen lately go through the model, in one batch."""
        known = self._cache.known(texts)
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known |= self._cache.add(missing)
        return [known[text] for text in texts]

    def _read(self, texts: Sequence[str]) -> list[Encoding]:
        return self.model.encode(texts, attentions=False, max_tokens=self.max_tokens)

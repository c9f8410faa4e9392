"""The vectors of whole texts, one of every layer, computed once."""

import threading
from collections.abc import Callable, Sequence

import numpy as np

from viz.model.base import Model
from viz.model.store import TextCache

POOLINGS = ("cls", "mean")
MAX_TOKENS = 128  # of a text; what lies beyond is not read
CHUNK = 32  # texts between two reports of progress


class TextStates:
    """Every layer's [CLS] and mean vector of recent texts, for one model, shared by the host.

    ``limit`` is in bytes; the default holds the largest upload even for a BERT LARGE (200 KB a text).
    """

    def __init__(self, model: Model, limit: int = 640 * 2**20):
        self.model = model
        self._cache: TextCache[np.ndarray] = TextCache(self._read, lambda states: states.nbytes, limit)
        self._reading = threading.Lock()

    def prepare(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> None:
        """Run the texts that were not seen lately through the model, long ones together.

        What is done stays done if the caller gives up half-way.

        Args:
            progress: called with (texts done, texts to do), if there are any to do.
        """
        # a full order, so that visitors who come at different moments cut the same chunks
        missing = sorted(self._cache.missing(texts), key=lambda text: (len(text), text))
        for at in range(0, len(missing), CHUNK):
            with self._reading:  # a whole class opens the page at once: each chunk is read by one of them, for all
                chunk = self._cache.missing(missing[at : at + CHUNK])
                if chunk:
                    self._cache.add(chunk)
            if progress:
                progress(min(at + CHUNK, len(missing)), len(missing))

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """States of each text: float32 ``(texts, 2, layers + 1, hidden)``; along axis 1 the [CLS] and the mean.

        The mean leaves special tokens out.
        """
        known = self._cache.known(texts)
        missing = sorted({text for text in texts if text not in known}, key=len)
        for at in range(0, len(missing), CHUNK):
            known |= self._cache.add(missing[at : at + CHUNK])
        return np.stack([known[text] for text in texts])

    def _read(self, texts: Sequence[str]) -> list[np.ndarray]:
        """``(2, layers + 1, hidden)`` of each text."""
        found = []
        for encoding in self.model.encode(texts, attentions=False, max_tokens=MAX_TOKENS):
            plain = ~np.array(encoding.special)  # (tokens,)
            found.append(np.stack([encoding.hidden_states[:, 0], encoding.hidden_states[:, plain].mean(axis=1)]))
        return found

"""What the two language models share: held-out text, and how well its next word is foretold."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from training.bert.text import Stream
from training.windows import Windows

WATCHED = ("es_tatoeba", "es_ancora", "es_squad", "es_modern_rol", "es_novels_textbox", "en_tatoeba", "en_ud_ewt")
LENGTH = 96  # tokens of a run, in training and when measured


def held_out(
    valid: Mapping[str, Stream], special: tuple[int, int, int], tokens: int = 20_000
) -> dict[str, list[Tensor]]:
    """Some runs of each watched source, about ``tokens`` tokens: a list of ``(rows, tokens)``."""
    found = {}
    for name in (name for name in WATCHED if name in valid):
        stream = valid[name]
        once = Stream(stream.ids, stream.starts, stream.size, stream.size, stream.breaks)
        windows = Windows({name: once}, LENGTH, 1024, special)
        found[name] = []
        for i in range(len(windows.batches(0))):
            if sum(batch.numel() for batch in found[name]) >= tokens:
                break
            found[name].append(windows[i])
    return found


def word_perplexity(nats: Sequence[np.ndarray], rows: Sequence[np.ndarray], words: np.ndarray) -> float:
    """``exp`` of the nats a word: all that was predicted, signs too, shared among the words.

    Args:
        nats: of each row, surprise of each id that was predicted.
        rows: the ids that were predicted.
        words: ``(vocabulary,)`` bool, pieces that begin a word.
    """
    count = sum(int(words[row].sum()) for row in rows)
    return math.exp(sum(float(part.sum()) for part in nats) / count)


def begins_word(pieces: Sequence[str]) -> np.ndarray:
    """Which pieces begin a word of letters or digits: ``(vocabulary,)`` bool."""
    return np.array([piece.isalnum() for piece in pieces])


@torch.no_grad()
def perplexities(
    surprise: Callable[[Tensor], Tensor], text: Mapping[str, list[Tensor]], words: np.ndarray, back: bool = False
) -> dict[str, float]:
    """Perplexity a word of each source. ``surprise`` gives the nats ``(rows, tokens - 1)`` of all ids but the first, or
    ``back``, but the last, of a batch."""
    found = {}
    for name, batches in text.items():
        nats = [surprise(batch).double().numpy() for batch in batches]
        asked = [(batch[:, :-1] if back else batch[:, 1:]).numpy() for batch in batches]
        found[name] = word_perplexity(nats, asked, words)
    return found


def show(figures: Mapping[str, float]) -> str:
    return " ".join(f"{name} {value:.0f}" for name, value in figures.items())

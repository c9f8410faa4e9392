"""What the two language models share: held-out text, and how well its next word is foretold."""

# ruff: noqa: RUF009  (option() makes a field, no default that all would share)

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from training import corpus
from training.bert.settings import option
from training.bert.text import Stream, prepare
from training.loop import Pace
from training.windows import Windows

WATCHED = ("es_tatoeba", "es_ancora", "es_squad", "es_modern_rol", "es_novels_textbox", "en_tatoeba", "en_ud_ewt")
LENGTH = 96  # tokens of a run, in training and when measured


@dataclass
class Reading:
    """What is read, how much and how long; each training adds what its network learns with."""

    folder: Path = option(corpus.ROOT / "checkpoints" / "language-model", "of the checkpoints and the tokenized text")
    begin: Path = option(corpus.ROOT / "models" / "bert-es-en", "a folder with the tokenizer")
    resume: bool = option(False, "go on from the last checkpoint")
    export: Path | None = option(None, "write the averaged weights there and stop")
    words: float = option(9e6, "of the corpora in one pass")
    turn: int = option(0, "which part of the sources that are larger than their share")
    own: float = option(1.0, "how often our own text is read, relative to its epochs in training.corpus")
    tokens: int = option(3072, "of a micro-batch")
    hours: float = option(2.0, "of the whole run")
    steps: int = option(0, "of the whole run, instead of hours")
    average: float = option(0.99, "of the moving average that is measured and exported")
    measure_minutes: float = option(20.0, "between two looks at the held-out text")
    seed: int = option(0, "of the order of the text")

    @property
    def pace(self) -> Pace:
        return Pace(self.hours, self.steps, average=self.average, measure_minutes=self.measure_minutes)

    def text(self, tokenizer: PreTrainedTokenizerFast) -> tuple[Windows, dict[str, list[Tensor]]]:
        """The training runs by number, and the held-out ones by source."""
        special = tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id
        streams = prepare(self.folder, tokenizer, self.words, self.turn, self.own)
        return Windows(streams["train"], LENGTH, self.tokens, special, self.seed), held_out(streams["valid"], special)


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

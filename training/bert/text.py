"""Training text as numbers: sources cut into pieces, and micro-batches without padding.

Text with document order gives ``[CLS] A [SEP] B [SEP]``: blocks of one fixed length, B beginning with a sentence, or
two single sentences, batched with others of the same length. Loose sentences are batched by their length too. Which
block comes at which step depends on the seed and the step alone, so that a run that was stopped goes on as if it had
not been.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from training import corpus
from training.bert.words import pieces_of

STOPS = (".", "?", "!", "…")
OPENING = '¿¡«“"—'


@dataclass
class Stream:
    """One source as token ids."""

    ids: np.ndarray  # (tokens,) uint16
    starts: np.ndarray  # (sentences,) int32: where each begins, in ordered sources; lines otherwise
    words: float  # wanted in training, repeats included
    size: float  # words there are
    breaks: np.ndarray | None = None  # (documents,) places in ids where another begins; None: not known

    @property
    def repeats(self) -> float:
        return self.words / max(self.size, 1)

    @cached_property
    def lengths(self) -> np.ndarray:
        """Tokens of each sentence: ``(sentences,)``."""
        return np.diff(np.append(self.starts, len(self.ids)))

    @cached_property
    def by_length(self) -> np.ndarray:
        """Sentences, the shortest first: ``(sentences,)``."""
        return np.argsort(self.lengths, kind="stable")

    def sentence(self, k: int) -> np.ndarray:
        return self.ids[self.starts[k] : self.starts[k] + self.lengths[k]]

    def as_long(self, tokens: int) -> np.ndarray:
        """The sentences of exactly this many tokens."""
        sorted_lengths = self.lengths[self.by_length]
        low, high = (np.searchsorted(sorted_lengths, tokens, side=side) for side in ("left", "right"))
        return self.by_length[low:high]

    def followed(self, most: int) -> np.ndarray:
        """The sentences that another follows in the same document, the two of at most ``most`` tokens."""
        both = self.lengths[:-1] + self.lengths[1:]
        fine = (both <= most) & (np.minimum(self.lengths[:-1], self.lengths[1:]) >= 2)
        if self.breaks is not None:
            fine &= ~np.isin(self.starts[1:], self.breaks)
        return np.flatnonzero(fine)


def tokenize(
    lines: Sequence[str], tokenizer: PreTrainedTokenizerFast, ordered: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``(ids, starts, breaks)`` of some lines. In ordered text a sentence may start inside a line, after a stop and
    with a capital, a number or an opening sign, and an empty line begins another document."""
    pieces = pieces_of(tokenizer)
    stops = np.array(tokenizer.convert_tokens_to_ids(list(STOPS)))
    opens = np.array([piece[0].isupper() or piece[0].isdigit() or piece[0] in OPENING for piece in pieces])
    ids, lengths, breaks, tokens, fresh = [], [], [], 0, True
    for at in range(0, len(lines), 20_000):
        for line in tokenizer.backend_tokenizer.encode_batch(lines[at : at + 20_000], add_special_tokens=False):
            if not line.ids:
                fresh = True
                continue
            if fresh:
                breaks.append(tokens)
                fresh = False
            ids.append(np.array(line.ids, dtype=np.uint16))
            lengths.append(len(line.ids))
            tokens += len(line.ids)
    ids, starts = np.concatenate(ids), np.cumsum([0, *lengths])[:-1]
    if ordered:
        inside = np.flatnonzero(np.isin(ids[:-1], stops) & opens[ids[1:]]) + 1
        starts = np.union1d(starts, inside)
    return ids, starts.astype(np.int32), np.array(breaks, dtype=np.int32)


def prepare(
    folder: Path, tokenizer: PreTrainedTokenizerFast, words: float, turn: int = 0, own: float = 1.0
) -> dict[str, dict[str, Stream]]:
    """Tokenize training and held-out text once; ``{"train": {name: Stream}, "valid": ...}`` from ``folder`` after that.

    Our own text, all of it for training, is short and read anew; ``own`` multiplies how often.
    """
    path = folder / f"text-{words / 1e6:g}M-{turn}.npz"
    if not path.exists():
        arrays = {}
        for name, text in corpus.load(words, turn=turn).items():
            for split, lines in (("train", text.train), ("valid", text.valid[:400])):
                ids, starts, _ = tokenize(lines, tokenizer, corpus.ordered(name))
                size = sum(len(line.split()) for line in lines)
                arrays |= {
                    f"{split} {name} ids": ids,
                    f"{split} {name} starts": starts,
                    f"{split} {name} words": np.array([text.words, size]),
                }
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(path.with_suffix(".tmp.npz"), **arrays)
        path.with_suffix(".tmp.npz").rename(path)
    streams = {"train": {}, "valid": {}}
    with np.load(path, allow_pickle=False) as arrays:
        for split, name in (key.split()[:2] for key in arrays.files if key.endswith(" ids")):
            ids, starts, sizes = (arrays[f"{split} {name} {part}"] for part in ("ids", "starts", "words"))
            streams[split][name] = Stream(ids, starts, *sizes.tolist())
    for name, lines in corpus.own().items():
        ids, starts, breaks = tokenize(lines, tokenizer, corpus.ordered(name))
        size = sum(len(line.split()) for line in lines)
        streams["train"][name] = Stream(ids, starts, own * corpus.OWN_SOURCES[name].epochs * size, size, breaks)
    return streams


class Blocks:
    """Micro-batches by number: ``blocks[i]`` is the same for the same streams, settings and seed, for ever.

    Args:
        streams: the sources by name.
        length: tokens of a paired block; everything shorter is cut there.
        tokens: of a micro-batch, about.
        special: ids of [CLS], [SEP], [MASK].
        shortest: half of the batches of blocks are cut to between this and ``length``; 0: none is.
        short: share of the ordered text that is read as pairs of single sentences.
        elsewhere: share of the wrong next sentences that come from any ordered source.
    """

    def __init__(
        self,
        streams: dict[str, Stream],
        length: int,
        tokens: int,
        special: tuple[int, int, int],
        seed: int = 0,
        shortest: int = 0,
        short: float = 0.0,
        elsewhere: float = 0.5,
    ):
        self.streams, self.length, self.tokens, self.seed = streams, length, tokens, seed
        self.shortest, self.short, self.elsewhere = shortest, short, elsewhere
        self.cls, self.sep, _ = special
        self.ordered = [n for n in streams if corpus.ordered(n)]
        self.passes = {}

    def batches(self, number: int) -> list[list[tuple[str, str, int]]]:
        """One pass over the text: shuffled micro-batches, each of one kind, a list of (kind, source, place).

        The place is a token of a ``block``, the first of two sentences of a ``pair``, a line of ``loose`` text.
        """
        if number in self.passes:
            return self.passes[number]
        rng = np.random.default_rng([self.seed, number, self.length])
        room = self.length - 3
        groups = defaultdict(list)  # (kind, tokens): places that fill a sequence of that length
        for name, stream in self.streams.items():
            if name not in self.ordered:
                for k in repeated(np.arange(len(stream.starts)), stream.repeats, rng):
                    groups["loose", min(int(stream.lengths[k]), self.length - 2) + 2].append((name, int(k)))
                continue
            pairs = stream.followed(room)
            # dialogues are short and many: a block would run over their ends
            share = 1.0 if stream.breaks is not None and len(stream.breaks) > 1 else self.short
            if len(pairs):
                size = np.mean(stream.lengths[pairs] + stream.lengths[pairs + 1])
                times = share * stream.repeats * (1.0 if share == 1 else len(stream.ids) / (size * len(pairs)))
                for k in repeated(pairs, times, rng):
                    groups["pair", int(stream.lengths[k] + stream.lengths[k + 1]) + 3].append((name, int(k)))
            if share < 1 and len(stream.ids) > 2 * room:
                places = np.arange(rng.integers(room), max(len(stream.ids) - room, 1), room)
                chosen = repeated(places, (1 - share) * stream.repeats, rng)
                groups["block", self.length] += [(name, int(k)) for k in chosen]
        batches = []
        for (kind, size), group in groups.items():
            rng.shuffle(group)
            rows = max(1, self.tokens // size)
            batches += [[(kind, *row) for row in group[i : i + rows]] for i in range(0, len(group), rows)]
        self.passes = {number: [batches[i] for i in rng.permutation(len(batches))]}  # only this one is kept
        return self.passes[number]

    def __getitem__(self, i: int) -> dict[str, Tensor]:
        """Micro-batch ``i``: ids and segments ``(sequences, tokens)`` and, of pairs, ``next`` ``(sequences,)``."""
        size = len(self.batches(0))
        batch = self.batches(i // size)
        batch = batch[i % size % len(batch)]
        rng = np.random.default_rng([self.seed, i, 1])
        kind = batch[0][0]
        if kind == "block":
            cut = self.shortest and rng.random() < 0.5
            length = int(rng.integers(self.shortest, self.length)) if cut else self.length
            rows = [self.block(name, place, rng, length) for _, name, place in batch]
        elif kind == "pair":
            rows = [self.pair(name, k, rng) for _, name, k in batch]
        else:
            lines = (self.streams[name].sentence(k)[: self.length - 2].tolist() for _, name, k in batch)
            ids = torch.tensor([[self.cls, *line, self.sep] for line in lines])
            return {"ids": ids, "segments": torch.zeros_like(ids)}
        ids, segments, following = (torch.tensor(column) for column in zip(*rows, strict=True))
        return {"ids": ids, "segments": segments, "next": following}

    def block(
        self, name: str, place: int, rng: np.random.Generator, length: int, near: float | None = None
    ) -> tuple[list[int], list[int], int]:
        """``(ids, segments, label)``; label 0 = B follows A, 1 = it does not, as in transformers. B begins with a
        sentence (unless one is longer than the block), so that a half sentence gives nothing away.

        ``near`` is the chance that a wrong B is of the same source; 1 - ``elsewhere`` when not given.
        """
        room, stream = length - 3, self.streams[name]
        split = self._start(stream, max(place, room), room)
        begin = split - int(rng.integers(room // 4, room - room // 4))
        sentence = int(stream.starts[np.searchsorted(stream.starts, begin).clip(max=len(stream.starts) - 1)])
        left = stream.ids[sentence if begin <= sentence <= split - room // 8 else max(begin, 0) : split]
        label = int(rng.random() < 0.5)
        other, b = stream, split
        if label:
            b = None
            if rng.random() >= (1 - self.elsewhere if near is None else near):
                other = self.streams[self.ordered[rng.integers(len(self.ordered))]]
                if len(other.ids) < 2 * room:
                    other = stream
            while b is None or (other is stream and b == split):
                b = self._start(other, int(other.starts[rng.integers(len(other.starts))]), room)
        right = other.ids[b : b + room - len(left)]
        if len(right) < room - len(left):
            left = stream.ids[split - (room - len(right)) : split]
        return *self._joined(left, right), label

    def pair(self, name: str, k: int, rng: np.random.Generator) -> tuple[list[int], list[int], int]:
        """The same of sentence ``k`` and the one after it; a wrong one is as long, so that length tells nothing."""
        stream = self.streams[name]
        left, right = stream.sentence(k), stream.sentence(k + 1)
        label = int(rng.random() < 0.5)
        if label:
            other = stream
            if stream.breaks is None and rng.random() < self.elsewhere:
                other = self.streams[self.ordered[rng.integers(len(self.ordered))]]
            choice = other.as_long(len(right))
            if not len(choice[choice != k + 1]):
                other, choice = stream, stream.as_long(len(right))
            choice = choice[(choice != k + 1) | (other is not stream)]
            if len(choice):
                right = other.sentence(int(rng.choice(choice)))
            else:  # nothing else is as long
                label = 0
        return *self._joined(left, right), label

    def _joined(self, left: np.ndarray, right: np.ndarray) -> tuple[list[int], list[int]]:
        ids = [self.cls, *left.tolist(), self.sep, *right.tolist(), self.sep]
        return ids, [0] * (len(left) + 2) + [1] * (len(right) + 1)

    @staticmethod
    def _start(stream: Stream, place: int, room: int) -> int:
        """The beginning of a sentence at or before ``place``, with at least ``room`` tokens after it."""
        place = min(place, len(stream.ids) - room)
        begin = int(stream.starts[max(np.searchsorted(stream.starts, place, side="right") - 1, 0)])
        return begin if place - begin < room else place


def repeated(places: np.ndarray, times: float, rng: np.random.Generator) -> np.ndarray:
    """Every place ``times`` times in random order; of 1.6 times, each once and 60 % of them again."""
    parts = [rng.permutation(places)[: round(len(places) * min(1.0, left))] for left in np.arange(times, 0, -1)]
    return np.concatenate(parts or [places[:0]])

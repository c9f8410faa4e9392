"""Training text as numbers: sources cut into pieces, and micro-batches without padding.

Text with document order gives ``[CLS] A [SEP] B [SEP]`` of one fixed length, loose sentences are batched with others of
exactly their length. Which block comes at which step depends on the seed and the step alone, so that a run that was
stopped goes on as if it had not been.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import torch

from training import corpus


@dataclass
class Stream:
    """One source as token ids. `starts` are the places where a sentence or paragraph begins."""
    ids: np.ndarray       # (tokens,) uint16
    starts: np.ndarray    # (sentences,) int32, of ordered sources; lines otherwise
    words: float          # wanted in training, repeats included
    size: float           # words there are


def tokenize(lines, tokenizer, ordered):
    """`(ids, starts)` of some lines: in ordered text a sentence may start inside a line."""
    stops = np.array(tokenizer.convert_tokens_to_ids([".", "?", "!", "…"]))
    ids, lengths = [], []
    for at in range(0, len(lines), 20_000):
        for line in tokenizer.backend_tokenizer.encode_batch(lines[at:at + 20_000], add_special_tokens=False):
            if line.ids:
                ids.append(np.array(line.ids, dtype=np.uint16))
                lengths.append(len(line.ids))
    ids, starts = np.concatenate(ids), np.cumsum([0, *lengths])[:-1]
    if ordered:
        starts = np.union1d(starts, np.flatnonzero(np.isin(ids, stops)) + 1)
        starts = starts[starts < len(ids)]
    return ids, starts.astype(np.int32)


def prepare(folder, tokenizer, words):
    """Tokenize training and held-out text once; `{"train": {name: Stream}, "valid": ...}` from `folder` after that.
    Our own text, all of it for training, is short and read anew."""
    path = folder / f"text-{words / 1e6:g}M.npz"
    if not path.exists():
        arrays = {}
        for name, text in corpus.load(words).items():
            for split, lines in (("train", text.train), ("valid", text.valid[:400])):
                ids, starts = tokenize(lines, tokenizer, corpus.ordered(name))
                size = sum(len(line.split()) for line in lines)
                arrays |= {f"{split} {name} ids": ids, f"{split} {name} starts": starts,
                           f"{split} {name} words": np.array([text.words, size])}
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(path.with_suffix(".tmp.npz"), **arrays)
        path.with_suffix(".tmp.npz").rename(path)
    streams = {"train": {}, "valid": {}}
    with np.load(path, allow_pickle=False) as arrays:
        for split, name in (key.split()[:2] for key in arrays.files if key.endswith(" ids")):
            streams[split][name] = Stream(arrays[f"{split} {name} ids"], arrays[f"{split} {name} starts"],
                                          *arrays[f"{split} {name} words"].tolist())
    return streams


class Blocks:
    """Micro-batches by number: `blocks[i]` is the same for the same streams, settings and seed, for ever.

    streams   {name: Stream}
    length    tokens of a paired block; loose sentences are cut there
    special   ids of [CLS], [SEP], [MASK]
    """

    def __init__(self, streams, length, tokens, special, vocabulary, seed=0, shortest=0, elsewhere=0.5):
        self.streams, self.length, self.tokens, self.seed, self.shortest = streams, length, tokens, seed, shortest
        self.cls, self.sep, self.mask_id = special
        self.vocabulary, self.elsewhere = vocabulary, elsewhere
        self.ordered = [n for n in streams if corpus.ordered(n)]
        self.loose = [n for n in streams if not corpus.ordered(n)]
        self.passes = {}

    def _pass(self, number):
        """One pass over the text: a shuffled list of micro-batches, each a list of (source, place)."""
        if number in self.passes:
            return self.passes[number]
        rng = np.random.default_rng([self.seed, number, self.length])
        room = self.length - 3
        pairs, singles = [], defaultdict(list)
        for name, stream in self.streams.items():
            repeats = stream.words / max(stream.size, 1)
            if name in self.ordered:
                places = np.arange(rng.integers(room), max(len(stream.ids) - room, 1), room)
            else:
                places = np.arange(len(stream.starts))
            # a source wanted 1.6 times gives each place once, and 60 % of them again
            chosen = np.concatenate([rng.permutation(places)[:round(len(places) * min(1.0, left))]
                                     for left in np.arange(repeats, 0, -1)] or [places[:0]])
            if name in self.ordered:
                pairs += [(name, int(p)) for p in chosen if len(stream.ids) > 2 * room]
            else:
                ends = np.append(stream.starts[1:], len(stream.ids))
                for p in chosen:
                    singles[min(int(ends[p] - stream.starts[p]), self.length - 2)].append((name, int(p)))
        rng.shuffle(pairs)
        rows = max(1, self.tokens // self.length)
        batches = [pairs[i:i + rows] for i in range(0, len(pairs), rows)]
        for size, group in singles.items():
            rng.shuffle(group)
            rows = max(1, self.tokens // (size + 2))
            batches += [group[i:i + rows] for i in range(0, len(group), rows)]
        self.passes = {number: [batches[i] for i in rng.permutation(len(batches))]}      # only this one is kept
        return self.passes[number]

    def __getitem__(self, i):
        """Micro-batch `i`: dict of ids, segments `(sequences, tokens)` and, of pairs, `next` `(sequences,)`."""
        size = len(self._pass(0))
        number = i // size
        batch = self._pass(number)
        rng = np.random.default_rng([self.seed, i, 1])
        batch = batch[i % size % len(batch)]
        if batch[0][0] in self.loose:
            return self._singles(batch)
        cut = self.shortest and rng.random() < 0.5
        length = int(rng.integers(self.shortest, self.length)) if cut else self.length
        rows = [self._pair(name, place, rng, length=length) for name, place in batch]
        ids, segments, following = (np.array(column) for column in zip(*rows, strict=True))
        return {"ids": torch.tensor(ids), "segments": torch.tensor(segments), "next": torch.tensor(following)}

    def _singles(self, batch):
        rows = []
        for name, place in batch:
            stream = self.streams[name]
            line = stream.ids[stream.starts[place]:(list(stream.starts[place + 1:place + 2]) or [None])[0]]
            rows.append([self.cls, *line[:self.length - 2].tolist(), self.sep])
        ids = torch.tensor(rows)
        return {"ids": ids, "segments": torch.zeros_like(ids)}

    def _pair(self, name, place, rng, same=None, length=None):
        """`(ids, segments, label)`; label 0 = B follows A, 1 = it does not, as in transformers. B begins
        with a sentence (unless one is longer than the block), so that a half sentence gives nothing away."""
        room, stream = (length or self.length) - 3, self.streams[name]
        split = self._start(stream, max(place, room), room)
        begin = split - int(rng.integers(room // 4, room - room // 4))
        near = int(stream.starts[np.searchsorted(stream.starts, begin).clip(max=len(stream.starts) - 1)])
        left = stream.ids[near if begin <= near <= split - room // 8 else max(begin, 0):split]
        label = int(rng.random() < 0.5)
        other, b = stream, split
        if label:
            b = None
            if not same and (same is False or rng.random() < self.elsewhere):
                other = self.streams[self.ordered[rng.integers(len(self.ordered))]]
            while b is None or (other is stream and b == split):
                b = self._start(other, int(other.starts[rng.integers(len(other.starts))]), room)
        right = other.ids[b:b + room - len(left)]
        if len(right) < room - len(left):
            left = stream.ids[split - (room - len(right)):split]
        ids = [self.cls, *left.tolist(), self.sep, *right.tolist(), self.sep]
        return ids, [0] * (len(left) + 2) + [1] * (len(right) + 1), label

    @staticmethod
    def _start(stream, place, room):
        """The beginning of a sentence at or before `place`, with at least `room` tokens after it."""
        place = min(place, len(stream.ids) - room)
        begin = int(stream.starts[max(np.searchsorted(stream.starts, place, side="right") - 1, 0)])
        return begin if place - begin < room else place

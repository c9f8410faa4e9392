"""Continued pre-training of the converted E5 as a BERT: masked words, next sentence, and senses kept.

    python -m training.bert --hours 2 --resume                                # one process
    torchrun --nproc_per_node=2 -m training.bert --hours 2 --resume           # one process a core, or a GPU
    python -m training.bert --folder OTHER --begin models/bert-es-en --align 1 --teach 0   # the senses, last ...
    python -m training.bert --folder OTHER --begin models/bert-es-en --align 1 --teach 0 --written 0.7   # ... and ours
    python -m training.bert --export models/bert-es-en                        # the averaged weights, fp16

The objective is BERT's (Devlin et al. 2019, section 3.1) plus a term against forgetting. E5 tells word senses apart
far better than a model freshly trained on this little text; with MLM alone that is lost within a million tokens. So
the student, reading masked text, must also predict through a linear map what the frozen E5 says of the clean text
(as data2vec, Baevski et al. 2022, with a fixed teacher): `teach * (1 - cosine)` over all tokens. A last phase brings
words and their translations in context together (`training.align`), which sharpens the senses beyond the E5's; some
of them in sentences written for it (`training/text`).

Blocks are never padded: text with document order gives `[CLS] A [SEP] B [SEP]` of one fixed length, loose sentences
are batched with others of exactly their length. Which block comes at which step, and which tokens are masked in it,
depends on the seed and the step alone, so a run that was stopped goes on as if it had not been.

glibc gives the large matrices of scores back to the system at every step. With MALLOC_MMAP_THRESHOLD_ and
MALLOC_TRIM_THRESHOLD_ in the environment, both 8589934592, it keeps them: from 2,600 to 3,400 tokens a second on two
cores with AMX, 4,000 with 4,096 tokens a step.
"""
import argparse
import json
import math
import os
import shutil
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
import yaml
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, BertForPreTraining

from training import align, corpus

WATCHED = ("es_tatoeba", "es_ancora", "es_squad", "es_modern_rol", "es_novels_textbox", "en_tatoeba", "en_ud_ewt")


@dataclass
class Settings:
    """Everything that decides a run; kept in its checkpoint."""
    hours: float = 2.0           # of the whole run: the learning rate falls to zero over them
    words: float = 9e6           # of training text, repeats of small sources included, in one pass
    length: int = 64             # tokens of a paired block
    shortest: int = 0            # half of the batches of pairs are cut to between this and length tokens; 0: none is
    long_length: int = 256       # the same in the last phase, so that long inputs work
    long_from: float = 0.9       # where that phase begins (share of the hours)
    tokens: int = 2048           # of one micro-batch
    micro: int = 1               # micro-batches a step and process
    elsewhere: float = 0.5       # share of wrong next sentences drawn from all sources, not from the same one
    mask: float = 0.3            # share of masked tokens ...
    mask_end: float = 0.15       # ... and at last, the paper's 15 %
    mask_until: float = 0.8      # where that begins (share of the hours)
    teach: float = 3.0           # weight of the term that protects senses
    teach_share: float = 0.25    # share of the sequences of each micro-batch that the teacher reads
    teach_layer: int = -1        # which hidden state of the teacher is the target
    learn_layer: int = -1        # which hidden state of the student must predict it
    align: float = 0.0           # weight of the term that brings words and their translations together; 0: none
    written: float = 0.0         # share of the steps in which those words come from our own sentences
    freeze: int = 0              # lowest encoder layers left as they are
    lr: float = 7e-4             # of the top layer
    decay: float = 0.9           # of lr, a layer down
    head_lr: float = 1.5e-3
    warm_up: float = 0.03        # share of the hours
    weight_decay: float = 0.01
    dropout: float = 0.0         # its draws are not kept: with it, a resumed run is no longer as if not stopped
    average: float = 0.99        # of the exponential moving average that is measured and exported
    seed: int = 0


# ------------------------------------------------------------------------------------------------------- text

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


def mask_tokens(ids, rate, special, vocabulary, generator, words_only=False):
    """BERT's corruption: `(corrupted ids, places, targets)`, places being indices into the flattened ids.

    `rate` of the ordinary tokens are chosen, at least one; of them 80 % become [MASK], 10 % a random token and 10 %
    stay (Devlin et al. 2019, appendix A.1). With `words_only` all chosen ones become [MASK], as when measuring.
    """
    cls, sep, mask_id = special
    flat = ids.flatten()                                                                # (tokens,)
    ordinary = ((flat != cls) & (flat != sep)).nonzero().squeeze(1)
    count = max(1, round(rate * len(ordinary)))
    places = ordinary[torch.randperm(len(ordinary), generator=generator)[:count]]       # (chosen,)
    targets = flat[places]
    new = torch.full_like(targets, mask_id)
    if not words_only:
        dice = torch.rand(count, generator=generator)
        new = torch.where(dice < 0.2, torch.randint(5, vocabulary, (count,), generator=generator), new)
        new = torch.where(dice < 0.1, targets, new)
    corrupted = flat.clone()
    corrupted[places] = new
    return corrupted.view_as(ids), places, targets


# ------------------------------------------------------------------------------------------------------ model

class Student(torch.nn.Module):
    """The BERT in training and the linear map from its hidden state to the teacher's."""

    def __init__(self, bert):
        super().__init__()
        self.bert = bert
        self.link = torch.nn.Linear(bert.config.hidden_size, bert.config.hidden_size)
        torch.nn.init.eye_(self.link.weight)
        torch.nn.init.zeros_(self.link.bias)

    def forward(self, ids, segments, layer=-1):
        """`(last hidden state, hidden state of `layer`)`, both `(sequences, tokens, hidden)`."""
        output = self.bert.bert(input_ids=ids, token_type_ids=segments, output_hidden_states=layer != -1)
        last = output.last_hidden_state
        return last, last if layer == -1 else output.hidden_states[layer]


def start(folder, dropout=0.0):
    """The model in `folder`, in fp32."""
    return BertForPreTraining.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager",
                                              hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout)


def half_precision(device):
    """bf16 where the processor computes with it; elsewhere it is emulated, and slower than fp32 by far."""
    able = device.type == "cuda" or torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=able)


def freeze(student, layers):
    """Leave the embeddings (so the tied decoder too) and the lowest layers as they are; 0 freezes nothing."""
    if layers:
        student.bert.bert.embeddings.requires_grad_(False)
        student.bert.bert.encoder.layer[:layers].requires_grad_(False)


def groups(student, settings):
    """Optimizer groups: the rate falls from the top layer to the embeddings; heads learn faster; no decay of 1-D."""
    layers = student.bert.config.num_hidden_layers
    found = defaultdict(list)
    for name, parameter in student.named_parameters():
        if not parameter.requires_grad:
            continue
        if ".encoder.layer." in name:
            rate = settings.lr * settings.decay ** (layers - 1 - int(name.split(".encoder.layer.")[1].split(".")[0]))
        elif ".embeddings." in name:
            rate = settings.lr * settings.decay ** layers
        else:
            rate = settings.head_lr
        found[rate, settings.weight_decay if parameter.ndim > 1 else 0.0].append(parameter)
    return [{"params": p, "lr": rate, "peak": rate, "weight_decay": wd} for (rate, wd), p in found.items()]


def losses(student, teacher, centre, batch, settings, rate, special, generator):
    """`{"mlm": ..., "nsp": ..., "teach": ...}` of one micro-batch: unweighted scalars; nsp only if it holds pairs."""
    bert = student.bert
    vocabulary = bert.config.vocab_size
    ids, places, targets = mask_tokens(batch["ids"], rate, special, vocabulary, generator)
    device = next(bert.parameters()).device
    with half_precision(device):
        last, learned = student(ids.to(device), batch["segments"].to(device), settings.learn_layer)
        chosen = last.flatten(0, 1)[places.to(device)]                                  # (chosen, hidden)
        logits = bert.cls.predictions(chosen)                                           # (chosen, vocabulary)
        found = {"mlm": F.cross_entropy(logits.float(), targets.to(device))}
        if "next" in batch:
            choice = bert.cls.seq_relationship(bert.bert.pooler(last))                  # (sequences, 2)
            found["nsp"] = F.cross_entropy(choice.float(), batch["next"].to(device))
        if teacher is not None:
            rows = math.ceil(settings.teach_share * len(ids))
            with torch.no_grad():
                target = teacher_state(teacher, batch["ids"][:rows], batch["segments"][:rows], settings) - centre
            guess = student.link(learned[:rows])                                        # (rows, tokens, hidden)
            found["teach"] = 1 - F.cosine_similarity(guess.float(), target, dim=-1).mean()
    return found


def teacher_state(teacher, ids, segments, settings):
    """What the frozen E5 says of clean text: `(sequences, tokens, hidden)`, fp32."""
    device = next(teacher.parameters()).device
    output = teacher.bert(input_ids=ids.to(device), token_type_ids=torch.zeros_like(segments).to(device),
                          output_hidden_states=settings.teach_layer != -1)
    if settings.teach_layer == -1:
        return output.last_hidden_state.float()
    return output.hidden_states[settings.teach_layer].float()


# -------------------------------------------------------------------------------------------------- measuring

@torch.no_grad()
def measure_masked(bert, stream, ordered, special, tokens, length=64):
    """Masked-word figures on held-out text, 15 % of the tokens replaced by [MASK]: top1, top5, perplexity, count."""
    cls, sep, _ = special
    generator = torch.Generator().manual_seed(0)
    hits1 = hits5 = count = 0
    nats = 0.0
    ends = np.append(stream.starts[1:], len(stream.ids))
    if ordered:
        spans = [(a, a + length - 2) for a in range(0, len(stream.ids) - length, length - 2)]
    else:
        lines = zip(stream.starts, ends, strict=True)
        spans = [(int(a), int(min(e, a + length - 2))) for a, e in lines if e - a >= 5]
    same = defaultdict(list)         # equal lengths go through together, unpadded
    for begin, end in spans[::math.ceil(sum(e - a for a, e in spans) / tokens)]:
        same[end - begin].append([cls, *stream.ids[begin:end].tolist(), sep])
    for rows in (group[i:i + 16] for group in same.values() for i in range(0, len(group), 16)):
        corrupted, places, targets = mask_tokens(torch.tensor(rows), 0.15, special, bert.config.vocab_size,
                                                 generator, words_only=True)
        last = bert.bert(input_ids=corrupted.to(bert.device)).last_hidden_state.flatten(0, 1)
        logits = bert.cls.predictions(last[places.to(bert.device)]).float().cpu()       # (chosen, vocabulary)
        best = logits.topk(5).indices
        hits1 += int((best[:, 0] == targets).sum())
        hits5 += int((best == targets[:, None]).sum())
        nats += float(F.cross_entropy(logits, targets, reduction="sum"))
        count += len(targets)
    return {"top1": hits1 / count, "top5": hits5 / count, "perplexity": math.exp(nats / count), "tokens": count}


@torch.no_grad()
def measure_next(bert, streams, special, pairs, length=64, same=True):
    """NSP accuracy on held-out pairs, half true; the others from the same source (`same=False`: from any)."""
    streams = {n: s for n, s in streams.items() if corpus.ordered(n) and len(s.ids) > 4 * length}
    blocks = Blocks(streams, length, length, special, bert.config.vocab_size)
    rng = np.random.default_rng(0)
    right = 0
    names = [blocks.ordered[i % len(blocks.ordered)] for i in range(pairs)]
    rows = [blocks._pair(n, int(rng.integers(len(streams[n].ids))), rng, same=same) for n in names]
    for i in range(0, pairs, 20):
        columns = zip(*rows[i:i + 20], strict=True)
        ids, segments, labels = (torch.tensor(column, device=bert.device) for column in columns)
        output = bert.bert(input_ids=ids, token_type_ids=segments)
        right += int((bert.cls.seq_relationship(output.pooler_output).argmax(-1) == labels).sum())
    return right / pairs


@torch.no_grad()
def measure_senses(bert, tokenizer, folder):
    """Nearest-neighbour sense accuracy of the lesson words: `{word: (layers + 1,)}`, mean of a word's pieces.

    Every occurrence asks its nearest other occurrence (cosine) for its sense. `folder` holds lesson packs.
    """
    found = {}
    for path in sorted(Path(folder).glob("*.yaml")):
        lesson = yaml.safe_load(path.read_text(encoding="utf-8"))
        states, senses = [], []
        for sense in lesson["senses"]:
            for sentence in sense["sentences"]:
                begin = sentence.index("[")
                end = sentence.index("]") - 1
                batch = tokenizer(sentence.replace("[", "").replace("]", ""), return_offsets_mapping=True,
                                  return_tensors="pt")
                offsets = batch.pop("offset_mapping")[0]
                inside = (offsets[:, 0] < end) & (offsets[:, 1] > begin)
                hidden = torch.stack(bert.bert(**batch.to(bert.device), output_hidden_states=True).hidden_states)
                states.append(hidden[:, 0, inside.to(bert.device)].float().mean(1))     # (layers + 1, hidden)
                senses.append(sense["id"])
        unit = F.normalize(torch.stack(states, 1), dim=-1)                  # (layers + 1, occurrences, hidden)
        cosines = unit @ unit.mT
        cosines.diagonal(dim1=1, dim2=2).fill_(-2)
        nearest = cosines.argmax(-1).cpu().numpy()                          # (layers + 1, occurrences)
        found[lesson["word"]] = (np.array(senses)[nearest] == np.array(senses)).mean(1)
    return found


def report(bert, streams, special, tokenizer, lessons, tokens=20_000, pairs=1000):
    """All figures as one dict: masked words by source over about `tokens` tokens each, `pairs` NSP pairs, senses."""
    figures = {name: measure_masked(bert, streams[name], corpus.ordered(name), special, tokens)
               for name in WATCHED if name in streams}
    figures["nsp"] = measure_next(bert, streams, special, pairs)
    figures["nsp_any"] = measure_next(bert, streams, special, pairs, same=False)
    for language in ("es", "en"):
        senses = measure_senses(bert, tokenizer, Path(lessons) / language)
        if senses:
            mean = np.mean(list(senses.values()), 0)
            figures[f"senses_{language}"] = {"best": float(mean.max()), "layer": int(mean.argmax()),
                                             "by_layer": [round(float(x), 3) for x in mean],
                                             **({"palo": round(float(senses["palo"][mean.argmax()]), 3)}
                                                if "palo" in senses else {})}
    return figures


def show(figures):
    """A report as one readable line."""
    masked = {n: f for n, f in figures.items() if isinstance(f, dict) and "top1" in f}
    parts = [f"{n} {f['top1']:.3f}/{f['top5']:.3f}/{f['perplexity']:.0f}" for n, f in masked.items()]
    parts.append(f"nsp {figures['nsp']:.3f} any {figures['nsp_any']:.3f}")
    parts += [f"{n} {f['best']:.3f}@{f['layer']}" + (f" palo {f['palo']:.3f}" if "palo" in f else "")
              for n, f in figures.items() if n.startswith("senses")]
    return " | ".join(parts)


# --------------------------------------------------------------------------------------------------- training

def rate_at(progress, settings):
    """The learning rate at a share of the hours, relative to its peak: linear up, linear down."""
    if progress < settings.warm_up:
        return max(progress, 1e-3) / settings.warm_up
    return max(0.0, (1 - progress) / (1 - settings.warm_up))


class Run:
    """A training run: its state, one step, its checkpoint."""

    def __init__(self, folder, converted, settings, streams, special, device="cpu", begin=None):
        self.folder, self.settings, self.special, self.device = Path(folder), settings, special, device
        self.rank = dist.get_rank() if dist.is_initialized() else 0
        self.world = dist.get_world_size() if dist.is_initialized() else 1
        torch.manual_seed(settings.seed)
        self.student = Student(start(begin or converted, settings.dropout)).to(device).train()
        self.teacher = start(converted).to(device).eval().requires_grad_(False) if settings.teach else None
        freeze(self.student, settings.freeze)
        self.parameters = [p for p in self.student.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(groups(self.student, settings), betas=(0.9, 0.98), eps=1e-6, fused=True)
        # one buffer behind all gradients: nothing is allocated in a step, and processes add it up in one call
        self.gradient = torch.zeros(sum(p.numel() for p in self.parameters), device=device)
        views = self.gradient.split([p.numel() for p in self.parameters])
        for p, view in zip(self.parameters, views, strict=True):
            p.grad = view.view_as(p)
        self.average = [p.detach().clone() for p in self.parameters]
        self.step = self.micro = self.tokens = 0
        self.seconds = 0.0
        vocabulary = self.student.bert.config.vocab_size
        self.short, self.long = (Blocks(streams, length, settings.tokens, special, vocabulary, settings.seed,
                                        settings.shortest, settings.elsewhere)
                                 for length in (settings.length, settings.long_length))
        self.found = self.written = None
        if settings.align:
            self.found = align.Aligned.found(self.folder / "aligned.npz", special, settings.seed)
            self.written = align.Aligned.written(corpus.OWN, AutoTokenizer.from_pretrained(converted), special,
                                                 settings.seed)
        if not begin:
            self._bias(streams)
        self.centre = self._centre() if self.teacher else None

    @torch.no_grad()
    def _bias(self, streams):
        """Start the decoder's bias from token counts: what can be said of a word that one knows nothing about."""
        vocabulary = self.student.bert.config.vocab_size
        counts = sum(np.bincount(s.ids, minlength=vocabulary) * s.words / max(s.size, 1)
                     for s in streams.values())
        frequency = torch.tensor(counts + 1.0)
        self.student.bert.cls.predictions.bias.copy_((frequency / frequency.sum()).log())

    @torch.no_grad()
    def _centre(self):
        """The teacher's mean state `(hidden,)`, which says nothing of the token."""
        states = [teacher_state(self.teacher, b["ids"], b["segments"], self.settings).flatten(0, 1).mean(0)
                  for b in (self.short[i] for i in range(6))]
        return torch.stack(states).mean(0)

    def train_step(self, progress):
        """One optimizer step over `micro` micro-batches of every process; returns the mean of each loss."""
        settings = self.settings
        blocks = self.short if progress < settings.long_from else self.long
        rate = settings.mask if progress < settings.mask_until else settings.mask_end
        sums = defaultdict(float)
        for _ in range(settings.micro):
            number = self.micro * self.world + self.rank
            batch = blocks[number]
            generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + number)
            found = losses(self.student, self.teacher, self.centre, batch, settings, rate, self.special, generator)
            total = found["mlm"] + found.get("nsp", 0.0) + settings.teach * found.get("teach", 0.0)
            (total / settings.micro).backward()
            for name, value in found.items():
                sums[name] += value.item()
            self.tokens += batch["ids"].numel() * self.world
            self.micro += 1
        if settings.align:
            # evenly spread: step s takes our own words when s * written passes a whole number
            own = int((self.step + 1) * settings.written) > int(self.step * settings.written)
            words = (self.written if own else self.found)[self.step * self.world + self.rank]
            with half_precision(torch.device(self.device)):
                found = align.loss(self.student.bert.bert, words)
            (settings.align * found).backward()
            sums["own" if own else "align"] = found.item() * settings.micro
        if self.world > 1:
            dist.all_reduce(self.gradient)
            self.gradient.div_(self.world)
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * rate_at(progress, settings)
        self.optimizer.step()
        self.gradient.zero_()
        self.step += 1
        with torch.no_grad():     # a young average must not remember the start
            torch._foreach_lerp_(self.average, self.parameters,
                                 1 - min(settings.average, (1 + self.step) / (10 + self.step)))
        return {name: value / settings.micro for name, value in sums.items()}

    def swap(self):
        """Exchange the weights with their moving average (before measuring, and back)."""
        with torch.no_grad():
            for p, a in zip(self.parameters, self.average, strict=True):
                kept = p.clone()
                p.copy_(a)
                a.copy_(kept)

    def save(self):
        """Write a checkpoint; a kill in the middle leaves the last one whole."""
        new, old = self.folder / "new", self.folder / "last"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        names = [n for n, p in self.student.named_parameters() if p.requires_grad]
        tensors = {f"weights {n}": p.detach() for n, p in self.student.named_parameters()}
        tensors |= {f"average {n}": a for n, a in zip(names, self.average, strict=True)}
        for n, p in zip(names, self.parameters, strict=True):
            state = self.optimizer.state.get(p, {})
            tensors |= {f"{key} {n}": value for key, value in state.items()}
        if self.centre is not None:
            tensors["centre"] = self.centre
        save_file({k: v.contiguous().cpu() for k, v in tensors.items()}, new / "state.safetensors")
        numbers = {"step": self.step, "micro": self.micro, "tokens": self.tokens, "seconds": self.seconds}
        (new / "run.json").write_text(json.dumps(numbers | {"settings": asdict(self.settings)}, indent=1))
        shutil.rmtree(self.folder / "before", ignore_errors=True)
        if old.exists():
            old.rename(self.folder / "before")
        new.rename(old)

    def load(self):
        """Go on from the last checkpoint."""
        where = self.folder / "last" if (self.folder / "last").exists() else self.folder / "before"
        tensors = load_file(where / "state.safetensors")
        numbers = json.loads((where / "run.json").read_text())
        self.step, self.micro, self.tokens, self.seconds = (
            numbers[k] for k in ("step", "micro", "tokens", "seconds"))
        with torch.no_grad():
            for name, p in self.student.named_parameters():
                p.copy_(tensors[f"weights {name}"])
            names = [n for n, p in self.student.named_parameters() if p.requires_grad]
            for name, p, a in zip(names, self.parameters, self.average, strict=True):
                a.copy_(tensors.get(f"average {name}", tensors[f"weights {name}"]))     # unfrozen since: no average yet
                self.optimizer.state[p] = {key: tensors[f"{key} {name}"].to(p.device if key != "step" else "cpu")
                                           for key in ("step", "exp_avg", "exp_avg_sq") if f"{key} {name}" in tensors}
        self.centre = tensors["centre"].to(self.device) if "centre" in tensors else None


def export(run_folder, converted, out, begin=None, mix=1.0):
    """Write the averaged weights as an ordinary folder: config, fp16 safetensors, tokenizer.

    With `begin`, where the run began, only `mix` of the way from there (Wortsman et al. 2022, "Robust fine-tuning");
    a `mix` over 1 goes further along the same line.
    """
    tensors = load_file(Path(run_folder) / "last" / "state.safetensors")
    bert = BertForPreTraining.from_pretrained(converted, dtype=torch.float32)
    student = Student(bert)
    with torch.no_grad():
        for name, p in student.named_parameters():
            p.copy_(tensors.get(f"average {name}", tensors[f"weights {name}"]))
        if begin:
            for p, old in zip(bert.parameters(), start(begin).parameters(), strict=True):
                p.lerp_(old, 1 - mix)
    out = Path(out)
    new = out.with_name(out.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    bert.half().save_pretrained(new)
    AutoTokenizer.from_pretrained(converted).save_pretrained(new)
    (new / "model.safetensors").chmod(0o644)
    out.mkdir(parents=True, exist_ok=True)
    for path in new.iterdir():       # file by file, so that the model card stays and a reader never meets a half file
        path.replace(out / path.name)
    new.rmdir()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, default=corpus.ROOT / "checkpoints" / "bert")
    parser.add_argument("--converted", type=Path, help="what training.convert_e5 wrote (default: FOLDER/converted)")
    parser.add_argument("--lessons", type=Path, default=corpus.ROOT / "lessons", help="sense test, never trained on")
    parser.add_argument("--begin", type=Path, help="a model folder to go on from, with a new optimizer")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--export", type=Path)
    parser.add_argument("--mix", type=float, default=1.0, help="of --begin and the run, the run's share in the export")
    parser.add_argument("--measure", type=Path, help="print the figures of a model folder as JSON and stop")
    parser.add_argument("--stop", type=float, default=math.inf, help="hours after which to stop, short of --hours")
    parser.add_argument("--save-minutes", type=float, default=5)
    parser.add_argument("--measure-minutes", type=float, default=20)
    for name, value in asdict(Settings()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    args = parser.parse_args()
    settings = Settings(**{name: getattr(args, name) for name in asdict(Settings())})
    converted = args.converted or args.folder / "converted"
    if args.export:
        return export(args.folder, converted, args.export, args.begin, args.mix)
    tokenizer = AutoTokenizer.from_pretrained(args.measure or converted)
    special = tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id
    device = f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if torch.cuda.is_available() else "cpu"
    if args.measure:
        bert = start(args.measure).to(device).eval()
        return print(json.dumps(report(bert, prepare(args.folder, tokenizer, settings.words)["valid"], special,
                                       tokenizer, args.lessons), indent=1))
    if "RANK" in os.environ:
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    rank = dist.get_rank() if dist.is_initialized() else 0
    if rank == 0:
        prepare(args.folder, tokenizer, settings.words)
    if dist.is_initialized():
        dist.barrier()
    streams = prepare(args.folder, tokenizer, settings.words)
    run = Run(args.folder, converted, settings, streams["train"], special, device, args.begin)
    if args.resume and ((args.folder / "last").exists() or (args.folder / "before").exists()):
        run.load()
    log = (args.folder / "log.txt").open("a") if rank == 0 else None

    def write(line):
        line = f"{time.strftime('%H:%M:%S')} {line}"
        print(line, flush=True)
        print(line, file=log, flush=True)

    def measure():
        run.swap()
        run.student.eval()
        with half_precision(torch.device(device)):     # a quick look: --measure is exact
            figures = report(run.student.bert, streams["valid"], special, tokenizer, args.lessons, 2000, 100)
        run.student.train()
        run.swap()
        write(f"tokens {run.tokens / 1e6:.2f}M valid {show(figures)}")

    began, saved, measured, printed = time.time(), time.time(), time.time(), 0.0
    before = run.seconds
    means = defaultdict(float)
    while True:
        run.seconds = before + time.time() - began
        clock = torch.tensor([run.seconds / 3600])
        if run.world > 1:      # one clock for all
            clock = clock.to(device)
            dist.broadcast(clock, 0)
        hours = clock.item()
        if hours >= min(settings.hours, args.stop):
            break
        for name, value in run.train_step(hours / settings.hours).items():
            means[name] = value if name not in means else 0.95 * means[name] + 0.05 * value
        if rank == 0:
            now = time.time()
            if now - printed > 30:
                printed = now
                write(f"step {run.step} tokens {run.tokens / 1e6:.3f}M {run.seconds / 60:.1f} min "
                      + " ".join(f"{n} {v:.3f}" for n, v in means.items()))
            if now - saved > 60 * args.save_minutes:
                run.save()
                saved = time.time()
            if now - measured > 60 * args.measure_minutes:
                measure()
                measured = time.time()
    if rank == 0:
        run.save()
        measure()
    if dist.is_initialized():
        dist.barrier()
        dist.destroy_process_group()


if __name__ == "__main__":
    main()

"""What a model in training knows: hidden words, next sentences, senses of the lessons."""

import math
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import yaml
from transformers import BertForPreTraining, PreTrainedTokenizerFast

from training import corpus
from training.bert.student import Special, mask_tokens
from training.bert.text import Blocks, Stream
from training.bert.words import Pieces, pieces_of

WATCHED = ("es_tatoeba", "es_ancora", "es_squad", "es_modern_rol", "es_novels_textbox", "en_tatoeba", "en_ud_ewt")


@torch.no_grad()
def measure_masked(
    bert: BertForPreTraining,
    stream: Stream,
    ordered: bool,
    special: Special,
    pieces: Pieces,
    tokens: int,
    length: int = 64,
) -> dict[str, float]:
    """Hidden pieces of held-out text, whole words of 15 % of it replaced by [MASK]: top1, top5, perplexity, tokens."""
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
    same = defaultdict(list)  # equal lengths go through together, unpadded
    for begin, end in spans[:: math.ceil(sum(e - a for a, e in spans) / tokens)]:
        same[end - begin].append([cls, *stream.ids[begin:end].tolist(), sep])
    for rows in (group[i : i + 16] for group in same.values() for i in range(0, len(group), 16)):
        corrupted, places, targets = mask_tokens(torch.tensor(rows), 0.15, special, pieces, generator, masks_only=True)
        last = bert.bert(input_ids=corrupted.to(bert.device)).last_hidden_state.flatten(0, 1)
        logits = bert.cls.predictions(last[places.to(bert.device)]).float().cpu()  # (chosen, vocabulary)
        best = logits.topk(5).indices
        hits1 += int((best[:, 0] == targets).sum())
        hits5 += int((best == targets[:, None]).sum())
        nats += float(F.cross_entropy(logits, targets, reduction="sum"))
        count += len(targets)
    return {"top1": hits1 / count, "top5": hits5 / count, "perplexity": math.exp(nats / count), "tokens": count}


@torch.no_grad()
def measure_next(
    bert: BertForPreTraining, streams: dict[str, Stream], special: Special, pairs: int, near: float, length: int = 64
) -> float:
    """NSP accuracy on held-out pairs, half true; ``near`` of the others from the same source, the rest from any."""
    streams = {n: s for n, s in streams.items() if corpus.ordered(n) and len(s.ids) > 4 * length}
    blocks = Blocks(streams, length, length, special)
    rng = np.random.default_rng(0)
    right = 0
    names = [blocks.ordered[i % len(blocks.ordered)] for i in range(pairs)]
    rows = [blocks.block(n, int(rng.integers(len(streams[n].ids))), rng, length, near) for n in names]
    for i in range(0, pairs, 20):
        columns = zip(*rows[i : i + 20], strict=True)
        ids, segments, labels = (torch.tensor(column, device=bert.device) for column in columns)
        output = bert.bert(input_ids=ids, token_type_ids=segments)
        right += int((bert.cls.seq_relationship(output.pooler_output).argmax(-1) == labels).sum())
    return right / pairs


@torch.no_grad()
def measure_senses(bert: BertForPreTraining, tokenizer: PreTrainedTokenizerFast, folder: Path) -> dict[str, np.ndarray]:
    """Nearest-neighbour sense accuracy of the lesson words, the word's mean subtracted: ``{word: (layers + 1,)}``.

    Every occurrence, the mean of its pieces, asks its nearest other one (cosine) for its sense.
    """
    found = {}
    for path in sorted(Path(folder).glob("*.yaml")):
        lesson = yaml.safe_load(path.read_text(encoding="utf-8"))
        states, senses = [], []
        for sense in lesson["senses"]:
            for sentence in sense["sentences"]:
                begin = sentence.index("[")
                end = sentence.index("]") - 1
                batch = tokenizer(
                    sentence.replace("[", "").replace("]", ""), return_offsets_mapping=True, return_tensors="pt"
                )
                offsets = batch.pop("offset_mapping")[0]
                inside = (offsets[:, 0] < end) & (offsets[:, 1] > begin)
                hidden = torch.stack(bert.bert(**batch.to(bert.device), output_hidden_states=True).hidden_states)
                states.append(hidden[:, 0, inside.to(bert.device)].float().mean(1))  # (layers + 1, hidden)
                senses.append(sense["id"])
        apart = torch.stack(states, 1)  # (layers + 1, occurrences, hidden)
        unit = F.normalize(apart - apart.mean(1, keepdim=True), dim=-1)
        cosines = unit @ unit.mT
        cosines.diagonal(dim1=1, dim2=2).fill_(-2)
        nearest = cosines.argmax(-1).cpu().numpy()  # (layers + 1, occurrences)
        found[lesson["word"]] = (np.array(senses)[nearest] == np.array(senses)).mean(1)
    return found


def report(
    bert: BertForPreTraining,
    streams: dict[str, Stream],
    tokenizer: PreTrainedTokenizerFast,
    lessons: Path,
    tokens: int = 20_000,
    pairs: int = 1000,
) -> dict:
    """All figures: masked words by source over about ``tokens`` tokens each, ``pairs`` pairs for NSP, senses."""
    special = tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id
    every = Pieces.of(pieces_of(tokenizer), np.ones(len(tokenizer)), 1.0)  # no word likelier than another
    figures = {
        name: measure_masked(bert, streams[name], corpus.ordered(name), special, every, tokens)
        for name in WATCHED
        if name in streams
    }
    figures["nsp"] = measure_next(bert, streams, special, pairs, near=1.0)
    figures["nsp_any"] = measure_next(bert, streams, special, pairs, near=0.0)
    for language in ("es", "en"):
        senses = measure_senses(bert, tokenizer, Path(lessons) / language)
        if senses:
            mean = np.mean(list(senses.values()), 0)
            figures[f"senses_{language}"] = {
                "best": float(mean.max()),
                "layer": int(mean.argmax()),
                "by_layer": [round(float(x), 3) for x in mean],
                **({"palo": round(float(senses["palo"][mean.argmax()]), 3)} if "palo" in senses else {}),
            }
    return figures


def show(figures: dict) -> str:
    """A report as one readable line."""
    masked = {n: f for n, f in figures.items() if isinstance(f, dict) and "top1" in f}
    parts = [f"{n} {f['top1']:.3f}/{f['top5']:.3f}/{f['perplexity']:.0f}" for n, f in masked.items()]
    parts.append(f"nsp {figures['nsp']:.3f} any {figures['nsp_any']:.3f}")
    parts += [
        f"{n} {f['best']:.3f}@{f['layer']}" + (f" palo {f['palo']:.3f}" if "palo" in f else "")
        for n, f in figures.items()
        if n.startswith("senses")
    ]
    return " | ".join(parts)

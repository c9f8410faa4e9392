"""Table 7 of the paper on Spanish: six ways to take features from a frozen BERT, tagged by a light BiLSTM.

    python -m benchmarks.features --data ../shared/datasets

writes ``models/bert-es-en/features.json``, which the page "¿Qué vector usar?" reads. As in Devlin et al. 2019, section
5.3: no fine-tuning, first word piece of each word, F1 on dev, no CRF. Lighter than the paper: one BiLSTM layer of 128
cells each way instead of two of 768, one run instead of five, a sub-sample of the sentences. Weighted sums learn
their weights with the tagger (Peters et al. 2018). Nothing is tuned on dev.
"""

import argparse
import hashlib
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

import viz
from benchmarks.spans import Counts, count_spans, read_bio
from viz.attention.treebank import read_conllu
from viz.features.layer_weights import learn
from viz.kit.paths import EMBEDDED, MODELS
from viz.model.layers import OPTIONS

TRAIN, DEV, SYNTAX = 2400, 700, 300  # sentences
MOST_WORDS = 60  # longer sentences are left out of the sample
UNITS, EPOCHS, BATCH, RATE, DROPOUT = 128, 4, 16, 2e-3, 0.3
SEED = 7
SUMS = {"sum_last4": slice(-4, None), "sum_all": slice(1, None)}

Sentence = tuple[tuple[str, ...], tuple[str, ...]]  # words and tags


def sample(sentences: Sequence[Sentence], count: int) -> list[Sentence]:
    """A fixed random choice of sentences that are neither empty nor very long."""
    fitting = [s for s in sentences if 1 < len(s[0]) <= MOST_WORDS]
    return random.Random(SEED).sample(fitting, min(count, len(fitting)))


def word_states(model: viz.Model, words: Sequence[Sequence[str]]) -> list[torch.Tensor]:
    """Every layer's vector of the first piece of each word: float16 ``(words, layers + 1, hidden)`` a sentence."""
    found: list[torch.Tensor] = [torch.empty(0)] * len(words)
    order = sorted(range(len(words)), key=lambda n: len(words[n]))
    for at in range(0, len(order), BATCH):
        chosen = order[at : at + BATCH]
        read = model.tokenizer(
            [list(words[n]) for n in chosen],
            is_split_into_words=True,
            truncation=True,
            max_length=256,
            padding=True,
            return_tensors="pt",
        )
        hidden = model.forward(dict(read), output_hidden_states=True).hidden_states
        states = torch.stack(hidden, dim=2).half()  # (batch, tokens, layers + 1, hidden)
        for b, n in enumerate(chosen):
            first = [read.word_to_tokens(b, k) for k in range(len(words[n]))]
            kept = [span.start if span else 0 for span in first]  # a word of unreadable characters borrows [CLS]
            found[n] = states[b, kept].clone()
    return found


class Tagger(torch.nn.Module):
    """One BiLSTM over frozen features, a linear layer a word; sums carry their softmax weights s and scale γ."""

    def __init__(self, option: str, layers: int, hidden: int, tags: int):
        super().__init__()
        self.option = option
        summed = {"sum_last4": 4, "sum_all": layers}.get(option, 0)
        self.free = torch.nn.Parameter(torch.zeros(summed))
        self.gamma = torch.nn.Parameter(torch.ones(()))
        size = hidden * (4 if option == "concat_last4" else 1)
        self.drop = torch.nn.Dropout(DROPOUT)
        self.lstm = torch.nn.LSTM(size, UNITS, batch_first=True, bidirectional=True)
        self.out = torch.nn.Linear(2 * UNITS, tags)

    def forward(self, states: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """``(batch, words, layers used, hidden)`` to logits ``(batch, words, tags)``."""
        if len(self.free):
            x = self.gamma * torch.einsum("bwlh,l->bwh", states, self.free.softmax(0))
        else:
            x = states.flatten(2)  # (batch, words, features)
        packed = torch.nn.utils.rnn.pack_padded_sequence(self.drop(x), lengths, batch_first=True, enforce_sorted=False)
        y, _ = torch.nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        return self.out(self.drop(y))


def layers_of(option: str) -> slice:
    """The layers, 0 being the embeddings, that an option takes."""
    return {
        "embeddings": slice(0, 1),
        "last": slice(-1, None),
        "second_to_last": slice(-2, -1),
        "concat_last4": slice(-4, None),
        **SUMS,
    }[option]


def train(option: str, states: list[torch.Tensor], tags: list[list[int]], count: int) -> Tagger:
    """Fit a tagger; the same seed and order of sentences for every option."""
    torch.manual_seed(SEED)
    used = layers_of(option)
    tagger = Tagger(option, states[0].shape[1] - 1, states[0].shape[2], count)
    mixing = [tagger.free, tagger.gamma]
    rest = [p for name, p in tagger.named_parameters() if name not in ("free", "gamma")]
    optimiser = torch.optim.Adam([{"params": rest, "lr": RATE}, {"params": mixing, "lr": 10 * RATE}])
    shuffle = random.Random(SEED)
    order = list(range(len(states)))
    for _ in range(EPOCHS):
        shuffle.shuffle(order)
        for at in range(0, len(order), BATCH):
            chosen = order[at : at + BATCH]
            x, lengths = pad(states, chosen, used)
            y = torch.nn.utils.rnn.pad_sequence([torch.tensor(tags[n]) for n in chosen], True, -100)
            loss = torch.nn.functional.cross_entropy(tagger(x, lengths).flatten(0, 1), y.flatten())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return tagger.eval()


def pad(states: list[torch.Tensor], chosen: list[int], used: slice) -> tuple[torch.Tensor, torch.Tensor]:
    rows = [states[n][:, used].float() for n in chosen]
    return torch.nn.utils.rnn.pad_sequence(rows, True), torch.tensor([len(row) for row in rows])


@torch.inference_mode()
def measure(tagger: Tagger, states: list[torch.Tensor], gold: list[tuple[str, ...]], names: list[str]) -> Counts:
    """Entities found, right and wanted on sentences the tagger has not seen."""
    total = Counts(0, 0, 0)
    for at in range(0, len(states), 64):
        chosen = list(range(at, min(at + 64, len(states))))
        x, lengths = pad(states, chosen, layers_of(tagger.option))
        best = tagger(x, lengths).argmax(-1)  # (batch, words)
        for row, n in enumerate(chosen):
            said = [names[tag] for tag in best[row, : lengths[row]].tolist()]
            total += count_spans(gold[n], said)
    return total


def syntax_weights(model: viz.Model, path: Path) -> dict:
    """Layer weights for parts of speech, one word one item (UD, universal tags), learned in one go."""
    trees = [tree for tree in read_conllu(path) if 1 < len(tree.forms) <= MOST_WORDS][:SYNTAX]
    words, tags = [], []
    for tree in trees:
        alone = {}
        for word in tree.words:
            alone.setdefault(word.form, []).append(word.pos)
        words.append([tree.text[a:b] for a, b in tree.forms])
        tags += [alone[n][0] if len(alone.get(n, ())) == 1 else None for n in range(len(tree.forms))]
    states = torch.cat(word_states(model, words))  # (words, layers + 1, hidden)
    kept = [n for n, tag in enumerate(tags) if tag]
    learned = learn([(states[kept, 1:].float().numpy(), [tags[n] for n in kept])])
    return {"weights": learned.weights.tolist(), "words": len(kept), "sentences": len(trees)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with ancora_ner/ and ud_es_ancora/")
    parser.add_argument("--train", type=int, default=TRAIN)
    parser.add_argument("--dev", type=int, default=DEV)
    parser.add_argument("--out", type=Path, default=MODELS / EMBEDDED / "features.json")
    arguments = parser.parse_args()
    began = time.perf_counter()
    model = viz.load_model()
    weights = hashlib.sha256((MODELS / EMBEDDED / "model.safetensors").read_bytes()).hexdigest()
    ner = arguments.data / "ancora_ner"
    learn_from = sample(read_bio(ner / "train.tsv"), arguments.train)
    judge_on = sample(read_bio(ner / "dev.tsv"), arguments.dev)
    names = sorted({tag for _, tags in learn_from for tag in tags})
    tags = [[names.index(tag) for tag in row] for _, row in learn_from]
    states = word_states(model, [words for words, _ in learn_from + judge_on])
    print(f"encoded {len(states)} sentences in {time.perf_counter() - began:.0f} s", flush=True)

    options, entity_weights = {}, None
    for option in OPTIONS:
        tagger = train(option.id, states[: len(tags)], tags, len(names))
        found = measure(tagger, states[len(tags) :], [tags for _, tags in judge_on], names)
        options[option.id] = {"f1": found.f1, "precision": found.precision, "recall": found.recall}
        if option.id == "sum_all":
            entity_weights = tagger.free.softmax(0).tolist()
        print(
            f"{option.id:16} F1 {100 * found.f1:5.1f}   paper {option.paper_f1}   {time.perf_counter() - began:.0f} s",
            flush=True,
        )
    speech = syntax_weights(model, arguments.data / "ud_es_ancora" / "dev.conllu")
    result = {
        "model": EMBEDDED,
        "weights_sha256": weights,
        "hidden": model.config.hidden_size,
        "train_sentences": len(learn_from),
        "dev_sentences": len(judge_on),
        "dev_entities": found.wanted,
        "types": sorted({name[2:] for name in names if name != "O"}),
        "tagger": {"units": UNITS, "epochs": EPOCHS},
        "options": options,
        "layer_weights": {"entities": entity_weights, "parts_of_speech": speech["weights"]},
        "parts_of_speech": {"words": speech["words"], "sentences": speech["sentences"]},
        "seconds": round(time.perf_counter() - began),
    }
    arguments.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(
        f"{arguments.out.name} written after {result['seconds']} s; mean F1 "
        f"{100 * np.mean([o['f1'] for o in options.values()]):.1f}"
    )


if __name__ == "__main__":
    main()

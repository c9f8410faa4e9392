"""Train the ELMo of ``models/elmo-es-en``: two LSTM language models that share their table and their softmax.

    python -m training.elmo --hours 2                                  # checkpoints/elmo
    python -m training.elmo --resume --hours 2
    python -m training.elmo --export models/elmo-es-en                 # the averaged weights, fp16

The network is ``viz.model.bilm``; the pieces and the text are those of our BERT.
"""

# ruff: noqa: RUF009  (option() makes a field, no default that all would share)

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import AutoTokenizer, HfArgumentParser

from training import corpus
from training.bert.settings import option
from training.bert.student import half_precision
from training.bert.words import pieces_of
from training.loop import Loop
from training.reading import Reading, begins_word, perplexities, show
from viz.model.bilm import BiLM, BiLMConfig


@dataclass
class Task(Reading):
    folder: Path = option(corpus.ROOT / "checkpoints" / "elmo", "of the checkpoints and the tokenized text")
    lr: float = option(2e-3, "of the LSTMs ...")
    table_lr: float = option(1e-3, "... and of the table, which is the softmax too")
    dropout: float = option(0.1, "of what enters each LSTM and the softmax")


def main() -> None:
    (task,) = HfArgumentParser(Task, description=__doc__.split("\n")[0]).parse_args_into_dataclasses()
    torch.manual_seed(task.seed)
    tokenizer = AutoTokenizer.from_pretrained(task.begin)
    windows, text = task.text(tokenizer)
    model = BiLM(BiLMConfig(len(tokenizer), dropout=task.dropout, pad_token_id=tokenizer.pad_token_id)).train()

    def losses(i: int, progress: float) -> dict[str, Tensor]:
        batch = windows[i]
        loop.tokens += batch.numel()
        with half_precision(model.device):
            left, right = model.losses(batch)
        return {"left": left, "right": right}

    table = [model.table.weight]
    rest = [p for p in model.parameters() if p is not model.table.weight]
    groups = [
        {"params": table, "lr": task.table_lr, "weight_decay": 0.0},
        {"params": rest, "lr": task.lr, "weight_decay": 0.0},
    ]
    loop = Loop(task.folder, model, groups, task.pace, losses)
    if task.resume or task.export:
        loop.load()
    if task.export:
        return export(loop, tokenizer, task.export)
    words = begins_word(pieces_of(tokenizer))

    def measure() -> str:
        ahead = show(perplexities(lambda ids: surprise(model, ids), text, words))
        return (
            f"{ahead} | from the right: {show(perplexities(lambda ids: surprise(model, ids, True), text, words, True))}"
        )

    print(f"{asdict(task)}", flush=True)
    loop.run(lambda line: print(line, flush=True), measure)


def surprise(model: BiLM, ids: Tensor, back: bool = False) -> Tensor:
    """Nats of all ids but the first, read from the left, or but the last, from the right: ``(rows, tokens - 1)``."""
    left, right = model.both(ids)
    states, asked = (right[-1][:, 1:], ids[:, :-1]) if back else (left[-1][:, :-1], ids[:, 1:])
    return F.cross_entropy(model.score(states).float().transpose(1, 2), asked, reduction="none")


def export(loop: Loop, tokenizer, out: Path) -> None:
    """The averaged weights as a folder: config, fp16 safetensors, tokenizer."""
    model = loop.take_average()
    model.config.dropout = 0.0
    model.half().save_pretrained(out)
    tokenizer.save_pretrained(out)
    print(f"{out}: {sum(p.numel() for p in model.parameters()) / 1e6:.1f}M parameters, {loop.tokens / 1e6:.1f}M tokens")


if __name__ == "__main__":
    main()

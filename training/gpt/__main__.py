"""Train the GPT of ``models/gpt-es-en``: our BERT's encoder with a causal mask, asked for the next piece.

    python -m training.gpt --begin checkpoints/begin --hours 2         # checkpoints/gpt
    python -m training.gpt --begin checkpoints/begin --resume --hours 2
    python -m training.gpt --begin checkpoints/begin --export models/gpt-es-en

Post-norm, learned positions, 12 layers, as in Radford et al. 2018. BEGIN is a folder of BERT's shape: E5 over our
pieces (``training.bert.convert_e5``, then ``training.bert.vocabulary``), where our BERT began too; ``--fresh`` begins
from random weights instead.
"""

# ruff: noqa: RUF009  (option() makes a field, no default that all would share)

from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import AutoTokenizer, BertLMHeadModel, HfArgumentParser

from training import corpus
from training.bert.settings import option
from training.bert.student import half_precision
from training.bert.words import pieces_of
from training.loop import Loop
from training.reading import Reading, begins_word, perplexities, show


@dataclass
class Task(Reading):
    folder: Path = option(corpus.ROOT / "checkpoints" / "gpt", "of the checkpoints and the tokenized text")
    begin: Path = option(corpus.ROOT / "models" / "bert-es-en", "a folder of BERT's shape to begin from")
    fresh: bool = option(False, "only its shape: random weights")
    lr: float = option(6e-4, "of the top layer")
    decay: float = option(0.93, "of lr, a layer down")
    head_lr: float = option(1.2e-3, "of the head and of the table of pieces")
    dropout: float = option(0.0, "of the network")


def main() -> None:
    (task,) = HfArgumentParser(Task, description=__doc__.split("\n")[0]).parse_args_into_dataclasses()
    torch.manual_seed(task.seed)
    tokenizer = AutoTokenizer.from_pretrained(task.begin)
    windows, text = task.text(tokenizer)
    model = start(task.begin, task.dropout, task.fresh).train()

    def losses(i: int, progress: float) -> dict[str, Tensor]:
        batch = windows[i]
        loop.tokens += batch.numel()
        with half_precision(model.device):
            logits = model(input_ids=batch[:, :-1]).logits
        return {"next": F.cross_entropy(logits.float().flatten(0, 1), batch[:, 1:].flatten())}

    loop = Loop(task.folder, model, groups(model, task), task.pace, losses)
    if task.resume or task.export:
        loop.load()
    if task.export:
        return export(loop, tokenizer, task.export)
    words = begins_word(pieces_of(tokenizer))
    print(f"{asdict(task)}", flush=True)
    loop.run(
        lambda line: print(line, flush=True),
        lambda: show(perplexities(lambda ids: surprise(model, ids), text, words)),
    )


def start(folder: Path, dropout: float = 0.0, fresh: bool = False) -> BertLMHeadModel:
    """The encoder in ``folder`` with a causal mask and its masked-word head, in fp32."""
    wanted = {
        "is_decoder": True,
        "attn_implementation": "eager",
        "hidden_dropout_prob": dropout,
        "attention_probs_dropout_prob": dropout,
    }
    if fresh:
        config = BertLMHeadModel.config_class.from_pretrained(folder, **wanted)
        return BertLMHeadModel(config)
    return BertLMHeadModel.from_pretrained(folder, dtype=torch.float32, **wanted)


def groups(model: BertLMHeadModel, task: Task) -> list[dict]:
    """Optimizer groups: the rate falls from the top layer down; the head and the table of pieces learn faster."""
    layers, found = model.config.num_hidden_layers, defaultdict(list)
    for name, parameter in model.named_parameters():
        if ".encoder.layer." in name:
            rate = task.lr * task.decay ** (layers - 1 - int(name.split(".encoder.layer.")[1].split(".")[0]))
        elif ".embeddings." in name and "word_embeddings" not in name:
            rate = task.lr * task.decay**layers
        else:
            rate = task.head_lr
        found[rate, 0.01 if parameter.ndim > 1 else 0.0].append(parameter)
    return [{"params": p, "lr": rate, "weight_decay": decay} for (rate, decay), p in found.items()]


def surprise(model: BertLMHeadModel, ids: Tensor) -> Tensor:
    """Nats of all ids but the first: ``(rows, tokens - 1)``."""
    logits = model(input_ids=ids[:, :-1]).logits
    return F.cross_entropy(logits.float().transpose(1, 2), ids[:, 1:], reduction="none")


def export(loop: Loop, tokenizer, out: Path) -> None:
    """The averaged weights as an ordinary folder: config, fp16 safetensors, tokenizer."""
    model = loop.take_average()
    model.half().save_pretrained(out)
    tokenizer.save_pretrained(out)
    print(f"{out}: {sum(p.numel() for p in model.parameters()) / 1e6:.1f}M parameters, {loop.tokens / 1e6:.1f}M tokens")


if __name__ == "__main__":
    main()

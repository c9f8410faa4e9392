"""Fine-tuning an encoder to classify (Devlin et al. 2019, section 3.2 and appendix A.3), in one readable loop.

The loop knows no user interface: it calls back after each step and each epoch, asks whether to stop, and watches a
time budget. It works on a copy; the model it was given is never touched.
"""

import copy
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
import transformers
from torch.nn.functional import cross_entropy

from viz.classify import softmax_layer
from viz.kit.errors import Problem
from viz.model.base import Model

# One slice of a batch, in padded tokens: short enough that a stop is heard within two seconds (700 tokens a second on
# two old cores), long enough that few batches are cut, for each slice adds up all gradients again.
SLICE = 768
HEAD_STRENGTH = 0.03  # regularisation of a head learnt on the frozen model, C of scikit-learn


@dataclass(frozen=True)
class Settings:
    """Appendix A.3 has batch 16 or 32, rate 2e-5 to 5e-5, 2 to 4 epochs, dropout 0.1, for a model four times as
    large as the embedded one; smaller models take larger rates (3e-4 in the compact BERTs of Turc et al. 2019).

    ``last_layers`` trains only the top n layers and the head; None trains everything. ``head_first`` starts from a
    head learnt on the frozen model (LP-FT, Kumar et al. 2022), which keeps the first steps from spoiling what the
    model knows; the paper starts from a random one.
    """

    epochs: int = 4
    batch: int = 16
    lr: float = 1e-4
    last_layers: int | None = None
    head_first: bool = True
    warmup: float = 0.1  # share of the steps over which the rate rises; then it falls to 0 in a straight line
    weight_decay: float = 0.01
    clip: float = 1.0  # largest norm of a gradient
    max_tokens: int = 128
    seed: int = 0


@dataclass(frozen=True)
class Step:
    step: int
    steps: int  # planned in all
    epoch: float
    loss: float  # mean cross-entropy of the batch, in nats
    lr: float
    seconds: float  # spent so far, callbacks not counted


@dataclass(frozen=True)
class Epoch:
    epoch: float  # a fraction when the budget ended in the middle of one
    dev_loss: float
    dev_accuracy: float
    seconds: float


@dataclass
class History:
    """``ended`` is "done", "cancelled" or "budget"; ``best`` is the position in ``epochs`` of the weights kept."""

    steps: list[Step] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)  # the first is the state before training
    best: int = 0
    ended: str = "done"
    seconds: float = 0.0
    tokens: int = 0


@dataclass(frozen=True, eq=False)
class FineTuned:
    """``model.net`` is a transformers ``…ForSequenceClassification`` in eval mode."""

    model: Model
    labels: tuple[str, ...]
    settings: Settings
    history: History


def fine_tune(
    model: Model,
    train: tuple[Sequence[str], Sequence[int]],
    dev: tuple[Sequence[str], Sequence[int]],
    labels: Sequence[str],
    settings: Settings | None = None,
    *,
    on_step: Callable[[Step], None] = lambda step: None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    cancel: Callable[[], bool] = lambda: False,
    budget: float = float("inf"),
) -> FineTuned:
    """Train a copy of ``model`` with a new softmax head; keep the epoch with the best dev accuracy.

    Repeatable: the same seed on the same machine gives the same weights, as long as no budget cuts it short.

    Args:
        train, dev: texts and the numbers of their labels.
        on_step, on_epoch: called in this thread; the time they take does not count (a pause is a callback that waits).
        cancel: asked between slices of a batch; True ends the training and keeps the best epoch so far.
        budget: seconds for training and evaluation together.

    Raises:
        Problem: a text that the tokenizer cannot read, or a loss that is no longer a number.
    """
    settings = settings or Settings()
    rng = np.random.default_rng(settings.seed)
    train_ids, train_labels = tokenize(model, train[0], settings.max_tokens), torch.tensor(train[1])
    dev_ids, dev_labels = tokenize(model, dev[0], settings.max_tokens), torch.tensor(dev[1])
    history = History()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        tuned = with_head(model, labels)
        freeze(tuned.net, settings.last_layers)
        chosen = [p for p in tuned.net.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(_groups(tuned.net, settings.weight_decay), lr=settings.lr, fused=True)
        steps = settings.epochs * -(-len(train_ids) // settings.batch)

        def look(epoch: float) -> float:
            """Measure on dev; keep these weights if they are the best so far. Returns the seconds it took."""
            began = time.perf_counter()
            found = logits(tuned, dev_ids, cancel)
            if found is None:
                history.ended = "cancelled"
                return 0.0
            loss = cross_entropy(found, dev_labels).item()
            accuracy = (found.argmax(dim=1) == dev_labels).float().mean().item()
            took = time.perf_counter() - began
            history.seconds += took
            history.epochs.append(Epoch(epoch, loss, accuracy, history.seconds))
            best = history.epochs[history.best]
            untaught = len(history.epochs) == 2 and not settings.head_first  # better than a random head in any case
            if len(history.epochs) == 1 or untaught or (accuracy, -loss) > (best.dev_accuracy, -best.dev_loss):
                history.best = len(history.epochs) - 1
                kept.update({n: p.detach().clone() for n, p in tuned.net.named_parameters() if p.requires_grad})
            on_epoch(history.epochs[-1])
            return took

        kept: dict[str, torch.Tensor] = {}
        if settings.head_first:
            began = time.perf_counter()
            teach_head(tuned, train_ids, train[1], cancel)
            history.seconds += time.perf_counter() - began
        reserve = look(0.0)
        for epoch in range(settings.epochs):
            tuned.net.train()
            for rows in batches(list(map(len, train_ids)), settings.batch, rng):
                began = time.perf_counter()
                step = len(history.steps)
                rate = settings.lr * _schedule(step, steps, settings.warmup)
                for group in optimizer.param_groups:
                    group["lr"] = rate
                loss = 0.0
                for part in slices(train_ids, rows):
                    if cancel():
                        history.ended = "cancelled"
                        break
                    out = tuned.net(**pad(tuned, [train_ids[i] for i in part])).logits  # (slice, labels)
                    share = cross_entropy(out, train_labels[part], reduction="sum") / len(rows)
                    share.backward()
                    loss += share.item()
                if history.ended == "cancelled":
                    break
                if not np.isfinite(loss):
                    raise Problem("El entrenamiento se ha desbocado (la pérdida ya no es un número): baja la tasa.")
                torch.nn.utils.clip_grad_norm_(chosen, settings.clip)
                optimizer.step()
                optimizer.zero_grad()
                history.tokens += sum(len(train_ids[i]) for i in rows)
                history.seconds += time.perf_counter() - began
                history.steps.append(
                    Step(step + 1, steps, (step + 1) / steps * settings.epochs, loss, rate, history.seconds)
                )
                on_step(history.steps[-1])
                if history.seconds + reserve >= budget:
                    history.ended = "budget"
                    break
            if history.ended == "cancelled":
                break
            tuned.net.eval()
            look(epoch + 1.0 if history.ended == "done" else history.steps[-1].epoch)
            if history.ended != "done":
                break

        if len(history.epochs) > 1 or settings.head_first:
            with torch.no_grad():
                for name, parameter in tuned.net.named_parameters():
                    if name in kept:
                        parameter.copy_(kept[name])
    tuned.net.eval().requires_grad_(False)
    return FineTuned(tuned, tuple(labels), settings, history)


def cost(model: Model, train: Sequence[str], dev: Sequence[str], labels: Sequence[str], settings: Settings) -> float:
    """Seconds that ``fine_tune`` would take here and now, from two real steps of four typical texts, thrown away."""
    lengths = sorted(len(ids) for ids in tokenize(model, train, settings.max_tokens))
    middle = lengths[len(lengths) // 2]
    with torch.random.fork_rng(devices=[]):
        tuned = with_head(model, labels)
        freeze(tuned.net, settings.last_layers)
        optimizer = torch.optim.AdamW([p for p in tuned.net.parameters() if p.requires_grad], fused=True)
        batch = pad(tuned, [[tuned.tokenizer.unk_token_id or 0] * middle] * 4)
        for _ in range(2):  # the first one also warms up
            began = time.perf_counter()
            tuned.net.train()(**batch).logits.sum().backward()
            learnt = time.perf_counter()
            optimizer.step()
            updated = time.perf_counter()
        with torch.no_grad():
            tuned.net.eval()(**batch)
        read = time.perf_counter()
    token = (learnt - began) / (4 * middle)
    steps = -(-len(train) // settings.batch)
    reading = (read - updated) / 4  # a text
    watching = reading * len(dev)
    first = watching + (reading * len(train) if settings.head_first else 0)
    return settings.epochs * (token * sum(lengths) + (updated - learnt) * steps + watching) + first


def with_head(model: Model, labels: Sequence[str]) -> Model:
    """A copy of the encoder under a new, random classification head, as plain transformers builds it.

    BERT's pooler, between the two, is new as well: the old one learned to see next sentences, and with few texts a new
    one does better (Zhang et al. 2021, "Revisiting few-sample BERT fine-tuning").
    """
    config = copy.deepcopy(model.config)
    config.id2label, config.label2id = dict(enumerate(labels)), {label: n for n, label in enumerate(labels)}
    config.problem_type = "single_label_classification"
    net = transformers.AutoModelForSequenceClassification.from_config(
        config, attn_implementation="eager", dtype=torch.float32
    )
    weights = {name: weight for name, weight in model.encoder.state_dict().items() if "pooler" not in name}
    report = net.base_model.load_state_dict(weights, strict=False)
    if any("pooler" not in name for name in report.missing_keys):
        raise Problem("A «{name}» no se le puede poner una capa de clasificación.", name=model.name)
    return Model(model.name, net.eval(), model.tokenizer)


def freeze(net: torch.nn.Module, last_layers: int | None) -> None:
    """Leave gradients to the top ``last_layers`` layers and whatever lies above them; None leaves all."""
    if last_layers is None:
        return
    first = net.config.num_hidden_layers - last_layers
    for name, parameter in net.base_model.named_parameters():
        layer = layer_of(name)
        parameter.requires_grad_("pooler" in name or (layer is not None and layer >= first))


def layer_of(name: str) -> int | None:
    """The layer, from 0, that a parameter's name speaks of; None for embeddings and heads."""
    found = re.search(r"\blayers?\.(\d+)\.", name)
    return int(found[1]) if found else None


def moved(before: Model, after: Model) -> pd.DataFrame:
    """How far each part of the encoder went: norm of the change over norm of the start, columns part and change.

    ``part`` is "embeddings" or "1" … "12"; the pooler is new, so it came from nowhere.
    """
    start = before.encoder.state_dict()
    sums: dict[str, np.ndarray] = {}
    for name, weight in after.encoder.state_dict().items():
        if name in start and weight.is_floating_point() and "pooler" not in name:
            layer = layer_of(name)
            part = "embeddings" if layer is None else str(layer + 1)
            pair = np.array([(weight - start[name]).square().sum().item(), start[name].square().sum().item()])
            sums[part] = sums.get(part, 0) + pair
    rows = [(part, float(np.sqrt(change / max(norm, 1e-12)))) for part, (change, norm) in sums.items()]
    return pd.DataFrame(rows, columns=["part", "change"])


def probabilities(tuned: Model, texts: Sequence[str], max_tokens: int = 128) -> np.ndarray:
    """What a fine-tuned model says of each text: ``(texts, labels)``, rows sum to 1."""
    return torch.softmax(logits(tuned, tokenize(tuned, texts, max_tokens)), dim=1).numpy()


def logits(
    tuned: Model, ids: Sequence[Sequence[int]], cancel: Callable[[], bool] = lambda: False
) -> torch.Tensor | None:
    """Logits of token rows in the order given, ``(texts, labels)``; None if cancelled on the way."""
    found = read(tuned, ids, cancel)
    return found and found[1]


def read(
    tuned: Model, ids: Sequence[Sequence[int]], cancel: Callable[[], bool] = lambda: False
) -> tuple[torch.Tensor, torch.Tensor] | None:
    """What goes into the head's last layer ``(texts, features)``, and the logits ``(texts, labels)`` that come out.

    In the order given, in eval mode; None if cancelled on the way.
    """
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    vectors, found = [], []
    tuned.net.eval()
    hook = last_layer(tuned).register_forward_pre_hook(lambda _, inputs: vectors.append(inputs[0]))
    try:
        for part in slices(ids, order):
            if cancel():
                return None
            found.append(tuned.forward(pad(tuned, [ids[i] for i in part])).logits)  # (slice, labels)
    finally:
        hook.remove()
    back = torch.tensor(order).argsort()
    return torch.cat(vectors)[back], torch.cat(found)[back]


def last_layer(tuned: Model) -> torch.nn.Linear:
    """The last linear layer with one output a label, whatever this kind of model calls it.

    Raises:
        Problem: there is none.
    """
    for module in reversed(list(tuned.net.modules())):
        if isinstance(module, torch.nn.Linear) and module.out_features == tuned.net.num_labels:
            return module
    raise Problem("A «{name}» no se le puede poner una capa de clasificación.", name=tuned.name)


def teach_head(
    tuned: Model, ids: Sequence[Sequence[int]], labels: Sequence[int], cancel: Callable[[], bool] = lambda: False
) -> None:
    """Fit the last layer to what it receives from the untouched model, one softmax regression; nothing if cancelled."""
    found = read(tuned, ids, cancel)
    if found is None:
        return
    layer, head = softmax_layer(found[0].numpy(), labels, HEAD_STRENGTH), last_layer(tuned)
    weight = torch.tensor(layer.weight / layer.scale)  # (labels, features): the scaling moves into the weights
    with torch.no_grad():
        head.weight.copy_(weight)
        head.bias.copy_(torch.tensor(layer.bias) - weight @ torch.tensor(layer.mean))


def tokenize(model: Model, texts: Sequence[str], max_tokens: int) -> list[list[int]]:
    """Token ids of each text, special tokens included, cut at ``max_tokens``."""
    return model.tokenizer(list(texts), truncation=True, max_length=min(max_tokens, model.max_tokens))["input_ids"]


def pad(model: Model, ids: Sequence[Sequence[int]]) -> dict[str, torch.Tensor]:
    return model.pad(ids, [[0] * len(row) for row in ids])


def batches(lengths: Sequence[int], size: int, rng: np.random.Generator) -> Iterator[list[int]]:
    """Every row once, in batches of like length: less padding, and still another order each epoch.

    Rows are shuffled, cut into groups of eight batches, sorted by length within a group; batches are then shuffled.
    """
    order = rng.permutation(len(lengths))
    found = []
    for at in range(0, len(order), 8 * size):
        group = sorted(order[at : at + 8 * size].tolist(), key=lambda i: lengths[i])
        found += [group[k : k + size] for k in range(0, len(group), size)]
    for k in rng.permutation(len(found)):
        yield found[k]


def slices(ids: Sequence[Sequence[int]], rows: Sequence[int]) -> Iterator[list[int]]:
    """Consecutive rows together while their padded size stays within ``SLICE`` tokens."""
    part: list[int] = []
    for row in rows:
        widest = max([len(ids[i]) for i in part] + [len(ids[row])])
        if part and widest * (len(part) + 1) > SLICE:
            yield part
            part = []
        part.append(row)
    if part:
        yield part


def _schedule(step: int, steps: int, warmup: float) -> float:
    rising = int(steps * warmup)
    if step < rising:
        return step / rising
    return (steps - step) / max(steps - rising, 1)


def _groups(net: torch.nn.Module, decay: float) -> list[dict]:
    """Weight decay for matrices; none for biases and layer norms, as in BERT's own optimizer."""
    trained = [p for p in net.parameters() if p.requires_grad]
    return [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]

"""Fine-tuning an encoder to classify (Devlin et al. 2019, section 3.2 and appendix A.3), in one readable loop.

The loop knows no user interface: it calls back after each step and each epoch, asks whether to stop, and watches a
time budget. It works on a copy; the model it was given is never touched.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from torch.nn.functional import cross_entropy

from viz.classify.batches import batches, pad, slices, tokenize
from viz.classify.head import logits, teach_head, with_head
from viz.classify.schedule import _groups, _schedule, freeze, layer_of
from viz.kit.errors import Problem
from viz.model.base import Model


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

"""Fine-tuning an encoder to classify (Devlin et al. 2019, section 3.2 and appendix A.3), by a small trainer.

The trainer knows no user interface: it calls back after each step and each epoch, asks whether to stop, and watches a
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
from viz.classify.schedule import Schedule, freeze, groups, layer_of, linear
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
    lr: float  # of the group that learns fastest
    seconds: float  # spent so far, callbacks not counted


@dataclass(frozen=True)
class Epoch:
    epoch: float  # a fraction when the budget ended in the middle of one
    dev_loss: float
    dev_accuracy: float
    seconds: float


@dataclass
class History:
    """``ended`` is "done", "cancelled" or "budget"; ``best`` is the position in ``epochs`` of the weights kept.

    Where a stop came before the first epoch's end there is nothing to choose from, and the weights are the last ones.
    """

    steps: list[Step] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)  # the first is the state before training
    best: int = 0
    ended: str = "done"
    seconds: float = 0.0
    tokens: int = 0

    @property
    def untrained(self) -> Problem | None:
        """Why no weight has learnt anything, if that is so: no step was taken, or only steps of rate 0 (the first of a
        warm-up is one)."""
        if any(step.lr > 0 for step in self.steps):
            return None
        if self.ended == "budget":
            return Problem(
                "No se ha entrenado nada: el tiempo se acabó antes de que un paso cambiara los pesos. Da más tiempo, o "
                "usa menos textos."
            )
        if self.ended == "cancelled":
            return Problem("No se ha entrenado nada: se paró antes de que un paso cambiara los pesos.")
        return Problem("No se ha entrenado nada: ningún paso tuvo una tasa mayor que cero.")


@dataclass(frozen=True, eq=False)
class FineTuned:
    """``model.net`` is a transformers ``…ForSequenceClassification`` in eval mode."""

    model: Model
    labels: tuple[str, ...]
    settings: Settings
    history: History


class Trainer:
    """Trains a copy of ``model`` with a new softmax head; ``run`` is the whole of it, read it first.

    Args:
        train, dev: texts and the numbers of their labels.
        schedule: makes the scheduler of the rate from the optimizer and the number of steps planned; by default a
            linear warm-up of ``settings.warmup`` and a linear fall.
        on_step, on_epoch: called in this thread; the time they take does not count (a pause is a callback that waits).
        cancel: asked between slices of a batch; True ends the training and keeps the best epoch so far.
        budget: seconds for training and evaluation together.
        clock: seconds from anywhere; only differences count.

    Raises:
        Problem: a text that the tokenizer cannot read, or a model that takes no classification head.
    """

    def __init__(
        self,
        model: Model,
        train: tuple[Sequence[str], Sequence[int]],
        dev: tuple[Sequence[str], Sequence[int]],
        labels: Sequence[str],
        settings: Settings | None = None,
        *,
        schedule: Schedule | None = None,
        on_step: Callable[[Step], None] = lambda step: None,
        on_epoch: Callable[[Epoch], None] = lambda epoch: None,
        cancel: Callable[[], bool] = lambda: False,
        budget: float = float("inf"),
        clock: Callable[[], float] = time.perf_counter,
    ):
        self.settings = settings = settings or Settings()
        self.labels = tuple(labels)
        self.on_step, self.on_epoch, self.cancel, self.budget, self.clock = on_step, on_epoch, cancel, budget, clock
        self.train_ids, self.train_labels = tokenize(model, train[0], settings.max_tokens), torch.tensor(train[1])
        self.dev_ids, self.dev_labels = tokenize(model, dev[0], settings.max_tokens), torch.tensor(dev[1])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)  # the head is random
            self.tuned = with_head(model, labels)
        freeze(self.tuned.net, settings.last_layers)
        self.steps = settings.epochs * -(-len(self.train_ids) // settings.batch)
        self.optimizer = torch.optim.AdamW(groups(self.tuned.net, settings.weight_decay), lr=settings.lr, fused=True)
        self.schedule = (schedule or linear(settings.warmup))(self.optimizer, self.steps)
        self.history = History()
        self.reserve = 0.0  # seconds that the last measure took: kept back from the budget for the next one
        self.kept: dict[str, torch.Tensor] = {}

    def run(self) -> FineTuned:
        """All epochs, or as many as time and ``cancel`` allow; then the best of them.

        Raises:
            Problem: the loss is no longer a number.
        """
        rng = np.random.default_rng(self.settings.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.settings.seed)  # dropout
            if self.settings.head_first:
                began = self.clock()
                teach_head(self.tuned, self.train_ids, self.train_labels.tolist(), self.cancel)
                self.history.seconds += self.clock() - began
            self.measure(0.0)
            for _ in range(self.settings.epochs):
                for rows in batches(list(map(len, self.train_ids)), self.settings.batch, rng):
                    if not self.step(rows):
                        break
                if self.history.ended != "cancelled" and self.history.steps:
                    self.measure(self.history.steps[-1].epoch)
                if self.history.ended != "done":
                    break
        self.restore()
        self.tuned.net.eval().requires_grad_(False)
        return FineTuned(self.tuned, self.labels, self.settings, self.history)

    def step(self, rows: Sequence[int]) -> bool:
        """One update on these training texts; False, and nothing changes, if the training has ended."""
        history = self.history
        if history.ended == "done" and history.seconds + self.reserve >= self.budget:
            history.ended = "budget"
        if history.ended != "done":
            return False
        began, loss = self.clock(), 0.0
        self.tuned.net.train()
        for part in slices(self.train_ids, rows):
            if self.cancel():
                history.ended = "cancelled"
                return False
            out = self.tuned.net(**pad(self.tuned, [self.train_ids[i] for i in part])).logits  # (slice, labels)
            share = cross_entropy(out, self.train_labels[part], reduction="sum") / len(rows)
            share.backward()
            loss += share.item()
        if not np.isfinite(loss):
            raise Problem("El entrenamiento se ha desbocado (la pérdida ya no es un número): baja la tasa.")
        rate = float(max(self.schedule.get_last_lr()))
        chosen = [p for group in self.optimizer.param_groups for p in group["params"]]
        torch.nn.utils.clip_grad_norm_(chosen, self.settings.clip)
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad()
        history.tokens += sum(len(self.train_ids[i]) for i in rows)
        history.seconds += self.clock() - began
        done = len(history.steps) + 1
        epoch = done * self.settings.epochs / self.steps
        history.steps.append(Step(done, self.steps, epoch, loss, rate, history.seconds))
        self.on_step(history.steps[-1])
        return True

    def measure(self, epoch: float) -> None:
        """Loss and accuracy on dev; these weights are kept if they are the best so far."""
        history = self.history
        if history.epochs and history.epochs[-1].epoch == epoch:
            return  # no step since
        began = self.clock()
        found = logits(self.tuned, self.dev_ids, self.cancel)
        if found is None:
            history.ended = "cancelled"
            return
        loss = cross_entropy(found, self.dev_labels).item()
        accuracy = (found.argmax(dim=1) == self.dev_labels).float().mean().item()
        self.reserve = self.clock() - began
        history.seconds += self.reserve
        history.epochs.append(Epoch(epoch, loss, accuracy, history.seconds))
        best = history.epochs[history.best]
        taught = len(history.epochs) > 2 or self.settings.head_first  # a random head is no rival
        if not taught or (accuracy, -loss) > (best.dev_accuracy, -best.dev_loss) or not self.kept:
            history.best = len(history.epochs) - 1
            learning = ((n, p) for n, p in self.tuned.net.named_parameters() if p.requires_grad)
            self.kept = {name: parameter.detach().clone() for name, parameter in learning}
        self.on_epoch(history.epochs[-1])

    def restore(self) -> None:
        """Back to the best weights, if an epoch after the first measure was there to choose from."""
        if len(self.history.epochs) > 1:
            with torch.no_grad():
                for name, parameter in self.tuned.net.named_parameters():
                    if name in self.kept:
                        parameter.copy_(self.kept[name])


def fine_tune(
    model: Model,
    train: tuple[Sequence[str], Sequence[int]],
    dev: tuple[Sequence[str], Sequence[int]],
    labels: Sequence[str],
    settings: Settings | None = None,
    **options,
) -> FineTuned:
    """Train a copy of ``model`` with a new softmax head; keep the epoch with the best dev accuracy.

    Repeatable: the same seed on the same machine gives the same weights, as long as no budget cuts it short. Where
    ``history.untrained`` is a Problem, nothing was trained, and it says why.

    Args:
        train, dev: texts and the numbers of their labels.
        options: ``schedule``, ``on_step``, ``on_epoch``, ``cancel``, ``budget``, ``clock``, as ``Trainer`` has them.

    Raises:
        Problem: a text that the tokenizer cannot read, or a loss that is no longer a number.
    """
    return Trainer(model, train, dev, labels, settings, **options).run()


@dataclass(frozen=True)
class Costs:
    """What training on some texts costs on this machine, in seconds."""

    token: float  # one token there and back, gradients included
    update: float  # one step of the optimizer
    reading: float  # one text, without gradients
    tokens: int  # of all training texts
    train: int  # texts
    dev: int  # texts

    def seconds(self, settings: Settings) -> float:
        """Of a whole run: its epochs, the measure before them, and the head learnt first, if it is."""
        steps = -(-self.train // settings.batch)
        epoch = self.token * self.tokens + self.update * steps + self.reading * self.dev
        return settings.epochs * epoch + self.reading * (self.dev + (self.train if settings.head_first else 0))


def measure_costs(
    model: Model,
    train: Sequence[str],
    dev: Sequence[str],
    labels: Sequence[str],
    settings: Settings,
    clock: Callable[[], float] = time.perf_counter,
) -> Costs:
    """Two real steps of four typical texts on this machine, thrown away; ``clock`` is read four times a step."""
    lengths = sorted(len(ids) for ids in tokenize(model, train, settings.max_tokens))
    middle = lengths[len(lengths) // 2]
    with torch.random.fork_rng(devices=[]):
        tuned = with_head(model, labels)
        freeze(tuned.net, settings.last_layers)
        optimizer = torch.optim.AdamW([p for p in tuned.net.parameters() if p.requires_grad], fused=True)
        batch = pad(tuned, [[tuned.tokenizer.unk_token_id or 0] * middle] * 4)
        for _ in range(2):  # the first one also warms up
            began = clock()
            tuned.net.train()(**batch).logits.sum().backward()
            learnt = clock()
            optimizer.step()
            updated = clock()
            with torch.no_grad():
                tuned.net.eval()(**batch)
            read = clock()
    return Costs(
        token=(learnt - began) / (4 * middle),
        update=updated - learnt,
        reading=(read - updated) / 4,
        tokens=sum(lengths),
        train=len(train),
        dev=len(dev),
    )


def cost(model: Model, train: Sequence[str], dev: Sequence[str], labels: Sequence[str], settings: Settings) -> float:
    """Seconds that ``fine_tune`` would take here and now."""
    return measure_costs(model, train, dev, labels, settings).seconds(settings)


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

"""A training loop that knows no model: it asks for losses by number, steps, averages, saves, and calls back.

    loop = Loop(folder, module, groups, Pace(hours=2), losses)
    loop.run(print, measure)

``losses(i, progress)`` gives the scalars of micro-batch ``i``, which are added; it depends on its arguments alone, so
that a run which was stopped goes on as if it had not been (``loop.load()``).
"""

import json
import shutil
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn


@dataclass(frozen=True)
class Pace:
    """How long, and how the learning rate goes: a line up, a line down to zero."""

    hours: float = 2.0
    steps: int = 0  # instead of hours, for a machine that others use too
    warm_up: float = 0.03  # share of the whole
    average: float = 0.99  # of the exponential moving average that is measured and exported
    clip: float = 1.0  # norm of the gradient
    save_minutes: float = 5.0
    measure_minutes: float = 20.0  # 0: only at the end

    def rate(self, progress: float) -> float:
        """The learning rate at a share of the whole, relative to its peak."""
        if progress < self.warm_up:
            return max(progress, 1e-3) / self.warm_up
        return max(0.0, (1 - progress) / (1 - self.warm_up))


class Loop:
    """A run: weights, their moving average, an optimizer and where it stands.

    Args:
        folder: of its checkpoint and its log.
        groups: AdamW's parameter groups, each with its peak ``lr``.
        losses: micro-batch number and progress to scalars by name.
    """

    def __init__(
        self,
        folder: Path,
        module: nn.Module,
        groups: list[dict],
        pace: Pace,
        losses: Callable[[int, float], dict[str, Tensor]],
    ):
        self.folder, self.module, self.pace, self.losses = Path(folder), module, pace, losses
        self.optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6, fused=True)
        for group in self.optimizer.param_groups:
            group["peak"] = group["lr"]
        self.named = {n: p for n, p in module.named_parameters() if p.requires_grad}
        self.average = {n: p.detach().clone() for n, p in self.named.items()}
        self.step, self.seconds, self.tokens = 0, 0.0, 0

    def train_step(self, progress: float) -> dict[str, float]:
        """One step; the value of each loss."""
        found = self.losses(self.step, progress)
        torch.stack(list(found.values())).sum().backward()
        nn.utils.clip_grad_norm_(self.named.values(), self.pace.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * self.pace.rate(progress)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        keep = min(self.pace.average, (1 + self.step) / (10 + self.step))  # a young average must not remember the start
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.values()), list(self.named.values()), 1 - keep)
        return {name: value.item() for name, value in found.items()}

    def run(self, say: Callable[[str], None] = print, measure: Callable[[], str] | None = None) -> None:
        """Step until the pace is over, saving and measuring on the way; ``measure`` sees the averaged weights."""
        began, before = time.time(), self.seconds
        saved = measured = began
        printed = 0.0
        means: dict[str, float] = defaultdict(float)
        while True:
            self.seconds = before + time.time() - began
            done = self.step / self.pace.steps if self.pace.steps else self.seconds / 3600 / self.pace.hours
            if done >= 1:
                break
            for name, value in self.train_step(done).items():
                means[name] = value if name not in means else 0.95 * means[name] + 0.05 * value
            now = time.time()
            if now - printed > 30:
                printed = now
                losses = " ".join(f"{name} {value:.3f}" for name, value in means.items())
                say(f"step {self.step} tokens {self.tokens / 1e6:.3f}M {self.seconds / 60:.1f} min {losses}")
            if now - saved > 60 * self.pace.save_minutes:
                self.save()
                saved = time.time()
            if measure and self.pace.measure_minutes and now - measured > 60 * self.pace.measure_minutes:
                say(f"tokens {self.tokens / 1e6:.2f}M valid {self.averaged(measure)}")
                measured = time.time()
        self.save()
        if measure:
            say(f"tokens {self.tokens / 1e6:.2f}M valid {self.averaged(measure)}")

    def averaged(self, ask: Callable[[], str]) -> str:
        """What ``ask`` says while the module has its averaged weights, in eval mode."""
        self._swap()
        self.module.eval()
        try:
            return ask()
        finally:
            self.module.train()
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for name, parameter in self.named.items():
            kept = parameter.clone()
            parameter.copy_(self.average[name])
            self.average[name].copy_(kept)

    def save(self) -> None:
        """Write a checkpoint; a kill in the middle leaves the last one whole."""
        new, last, before = (self.folder / name for name in ("new", "last", "before"))
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        tensors = {f"weights {n}": p.detach() for n, p in self.named.items()}
        tensors |= {f"average {n}": a for n, a in self.average.items()}
        for name, parameter in self.named.items():
            tensors |= {f"{key} {name}": value for key, value in self.optimizer.state.get(parameter, {}).items()}
        save_file({name: value.contiguous().cpu() for name, value in tensors.items()}, new / "state.safetensors")
        numbers = {"step": self.step, "seconds": self.seconds, "tokens": self.tokens, "pace": asdict(self.pace)}
        (new / "run.json").write_text(json.dumps(numbers, indent=1))
        shutil.rmtree(before, ignore_errors=True)
        if last.exists():
            last.rename(before)
        new.rename(last)

    def load(self) -> bool:
        """Go on from the last checkpoint; False where there is none."""
        where = next((self.folder / name for name in ("last", "before") if (self.folder / name).exists()), None)
        if where is None:
            return False
        tensors = load_file(where / "state.safetensors")
        numbers = json.loads((where / "run.json").read_text())
        self.step, self.seconds, self.tokens = (numbers[key] for key in ("step", "seconds", "tokens"))
        with torch.no_grad():
            for name, parameter in self.named.items():
                parameter.copy_(tensors[f"weights {name}"])
                self.average[name].copy_(tensors[f"average {name}"])
                self.optimizer.state[parameter] = {
                    key: tensors[f"{key} {name}"].to(parameter.device if key != "step" else "cpu")
                    for key in ("step", "exp_avg", "exp_avg_sq")
                    if f"{key} {name}" in tensors
                }
        return True

    @torch.no_grad()
    def take_average(self) -> nn.Module:
        """The module with its averaged weights, to be exported."""
        for name, parameter in self.named.items():
            parameter.copy_(self.average[name])
        return self.module.eval()

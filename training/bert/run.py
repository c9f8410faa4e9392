"""A training run: its state, one step, its checkpoint, its export."""

import json
import shutil
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer

from training import corpus
from training.bert import align
from training.bert.settings import Settings
from training.bert.student import Student, Teacher, freeze, groups, half_precision, losses, mask_rate, rate_at, start
from training.bert.text import Blocks, Stream
from training.bert.words import Pieces, pieces_of


class Run:
    """A training run.

    Args:
        folder: of its checkpoints.
        begin: the model folder it goes on from, with that tokenizer.
        streams: the text, in pieces of that tokenizer.
        teacher: the model folder whose words are kept; None: no such term.
        fresh: whether the heads of ``begin`` were never trained.
    """

    def __init__(
        self,
        folder: Path,
        begin: Path,
        settings: Settings,
        streams: dict[str, Stream],
        device: str = "cpu",
        teacher: Path | None = None,
        fresh: bool = False,
    ):
        self.folder, self.settings, self.device = Path(folder), settings, device
        self.rank = dist.get_rank() if dist.is_initialized() else 0
        self.world = dist.get_world_size() if dist.is_initialized() else 1
        torch.manual_seed(settings.seed)
        tokenizer = AutoTokenizer.from_pretrained(begin)
        self.special = special = tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id
        self.student = Student(start(begin, settings.dropout)).to(device).train()
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
        self.short, self.long = (
            Blocks(
                streams,
                length,
                settings.tokens,
                special,
                settings.seed,
                settings.shortest,
                settings.short,
                settings.elsewhere,
            )
            for length in (settings.length, settings.long_length)
        )
        counts = sum(np.bincount(s.ids, minlength=len(tokenizer)) * s.repeats for s in streams.values())
        self.pieces = Pieces.of(pieces_of(tokenizer), counts, settings.content)
        self.found = self.written = None
        if settings.align:
            if settings.written < 1:
                self.found = align.Aligned.found(self.folder / "aligned.npz", special, settings.seed)
            self.written = align.Aligned.written(corpus.OWN, tokenizer, special, settings.seed)
        if fresh:
            # what can be said of a word that one knows nothing about
            with torch.no_grad():
                frequency = torch.tensor((counts + 1.0) / (counts + 1.0).sum())
                self.student.bert.cls.predictions.bias.copy_(frequency.log())
        self.teacher = None
        if settings.teach and teacher:
            self.teacher = Teacher(teacher, tokenizer, device)
            self.teacher.centre = torch.stack([self.teacher(self.short[i]["ids"])[1].mean(0) for i in range(6)]).mean(0)

    def train_step(self, progress: float) -> dict[str, float]:
        """One optimizer step over ``micro`` micro-batches of every process; returns the mean of each loss."""
        settings = self.settings
        blocks = self.short if progress < settings.long_from else self.long
        rate = mask_rate(progress, settings)
        sums = defaultdict(float)
        for _ in range(settings.micro):
            number = self.micro * self.world + self.rank
            batch = blocks[number]
            generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + number)
            found = losses(self.student, self.teacher, batch, settings, rate, self.special, self.pieces, generator)
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
        with torch.no_grad():  # a young average must not remember the start
            torch._foreach_lerp_(
                self.average, self.parameters, 1 - min(settings.average, (1 + self.step) / (10 + self.step))
            )
        return {name: value / settings.micro for name, value in sums.items()}

    def swap(self) -> None:
        """Exchange the weights with their moving average (before measuring, and back)."""
        with torch.no_grad():
            for p, a in zip(self.parameters, self.average, strict=True):
                kept = p.clone()
                p.copy_(a)
                a.copy_(kept)

    def save(self) -> None:
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
        if self.teacher:
            tensors["centre"] = self.teacher.centre
        save_file({k: v.contiguous().cpu() for k, v in tensors.items()}, new / "state.safetensors")
        numbers = {"step": self.step, "micro": self.micro, "tokens": self.tokens, "seconds": self.seconds}
        (new / "run.json").write_text(json.dumps(numbers | {"settings": asdict(self.settings)}, indent=1))
        shutil.rmtree(self.folder / "before", ignore_errors=True)
        if old.exists():
            old.rename(self.folder / "before")
        new.rename(old)

    def load(self) -> None:
        """Go on from the last checkpoint."""
        where = self.folder / "last" if (self.folder / "last").exists() else self.folder / "before"
        tensors = load_file(where / "state.safetensors")
        numbers = json.loads((where / "run.json").read_text())
        self.step, self.micro, self.tokens, self.seconds = (numbers[k] for k in ("step", "micro", "tokens", "seconds"))
        with torch.no_grad():
            for name, p in self.student.named_parameters():
                p.copy_(tensors[f"weights {name}"])
            names = [n for n, p in self.student.named_parameters() if p.requires_grad]
            for name, p, a in zip(names, self.parameters, self.average, strict=True):
                a.copy_(tensors.get(f"average {name}", tensors[f"weights {name}"]))  # unfrozen since: no average yet
                self.optimizer.state[p] = {
                    key: tensors[f"{key} {name}"].to(p.device if key != "step" else "cpu")
                    for key in ("step", "exp_avg", "exp_avg_sq")
                    if f"{key} {name}" in tensors
                }
        if self.teacher and "centre" in tensors:
            self.teacher.centre = tensors["centre"].to(self.device)


def export(folder: Path, begin: Path, out: Path, mix: float = 1.0) -> None:
    """Write a run's averaged weights as an ordinary folder: config, fp16 safetensors, tokenizer.

    Only ``mix`` of the way from ``begin``, where the run began (Wortsman et al. 2022, "Robust fine-tuning"); over 1
    goes further along the same line.
    """
    tensors = load_file(Path(folder) / "last" / "state.safetensors")
    student = Student(start(begin))
    with torch.no_grad():
        for name, p in student.named_parameters():
            if not name.startswith("link."):
                p.lerp_(tensors.get(f"average {name}", tensors[f"weights {name}"]), mix)
    out = Path(out)
    new = out.with_name(out.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    student.bert.half().save_pretrained(new)
    AutoTokenizer.from_pretrained(begin).save_pretrained(new)
    (new / "model.safetensors").chmod(0o644)
    out.mkdir(parents=True, exist_ok=True)
    for path in new.iterdir():  # file by file, so that the model card stays and a reader never meets a half file
        path.replace(out / path.name)
    new.rmdir()

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
from transformers import AutoTokenizer, BertForPreTraining

from training import corpus
from training.bert import align
from training.bert.student import Student, freeze, groups, half_precision, losses, rate_at, start, teacher_state
from training.bert.text import Blocks


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

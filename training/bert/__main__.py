"""Continued pre-training of the converted E5 as a BERT: masked words, next sentence, and senses kept.

    python -m training.bert --folder RUN --begin MODEL --teacher TEACHER --hours 2 --resume          # one process
    torchrun --nproc_per_node=2 -m training.bert ...                                # a process a core, or a GPU
    python -m training.bert --folder SENSES --begin MODEL --align 1 --teach 0       # the senses, last ...
    python -m training.bert --folder SENSES --begin MODEL --align 1 --teach 0 --written 0.7          # ... and ours
    python -m training.bert --folder RUN --begin MODEL --export models/bert-es-en   # the averaged weights, fp16

The objective is BERT's (Devlin et al. 2019, section 3.1), with whole words hidden, plus a term against forgetting. E5,
and what was made of it, tells word senses apart far better than a model freshly trained on this little text; with
masked words alone that is lost within a million tokens. So the student, reading masked text, must also predict through
a linear map what a frozen teacher says of the words of the clean text (as data2vec, Baevski et al. 2022, with a fixed
teacher): ``teach * (1 - cosine)`` over all words, a word being the mean of its pieces, so that the teacher may have
another vocabulary. A last phase brings words and their translations in context together (``training.bert.align``),
which sharpens the senses beyond the teacher's; some of them in sentences written for it (``training/text``).

Which block comes at which step, and which tokens are masked in it, depends on the seed and the step alone, so a run
that was stopped goes on as if it had not been.

glibc gives the large matrices of scores back to the system at every step. With MALLOC_MMAP_THRESHOLD_ and
MALLOC_TRIM_THRESHOLD_ in the environment, both 8589934592, it keeps them: from 2,600 to 3,400 tokens a second on two
cores with AMX, 4,000 with 4,096 tokens a step.
"""

import json
import os
import time
from collections import defaultdict
from collections.abc import Callable

import torch
import torch.distributed as dist
from transformers import AutoTokenizer, HfArgumentParser

from training.bert.measure import report, show
from training.bert.run import Run, export
from training.bert.settings import Settings, Task
from training.bert.student import half_precision, start
from training.bert.text import prepare


def main() -> None:
    parser = HfArgumentParser((Task, Settings), description=__doc__.split("\n")[0])
    task, settings = parser.parse_args_into_dataclasses()
    begin = task.begin or task.converted
    if task.export:
        return export(task.folder, begin, task.export, task.mix)
    device = f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if torch.cuda.is_available() else "cpu"
    tokenizer = AutoTokenizer.from_pretrained(task.measure or begin)
    if task.measure:
        bert = start(task.measure).to(device).eval()
        valid = prepare(task.folder, tokenizer, settings.words)["valid"]
        return print(json.dumps(report(bert, valid, tokenizer, task.lessons), indent=1))
    if "RANK" in os.environ:
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    rank = dist.get_rank() if dist.is_initialized() else 0
    if rank == 0:
        prepare(task.folder, tokenizer, settings.words, settings.turn)
    if dist.is_initialized():
        dist.barrier()
    streams = prepare(task.folder, tokenizer, settings.words, settings.turn, settings.own)
    teacher = task.teacher or (task.converted if task.converted.exists() else None)
    run = Run(task.folder, begin, settings, streams["train"], device, teacher, fresh=not task.begin)
    if task.resume and ((task.folder / "last").exists() or (task.folder / "before").exists()):
        run.load()

    def measure() -> str:
        run.swap()
        run.student.eval()
        with half_precision(torch.device(device)):  # a quick look: --measure is exact
            figures = report(run.student.bert, streams["valid"], tokenizer, task.lessons, 2000, 100)
        run.student.train()
        run.swap()
        return show(figures)

    train(run, task, measure)
    if dist.is_initialized():
        dist.barrier()
        dist.destroy_process_group()


def train(run: Run, task: Task, measure: Callable[[], str]) -> None:
    """Step until the hours are over, saving and measuring on the way."""
    log = (task.folder / "log.txt").open("a") if run.rank == 0 else None

    def write(line: str) -> None:
        line = f"{time.strftime('%H:%M:%S')} {line}"
        print(line, flush=True)
        print(line, file=log, flush=True)

    began, before = time.time(), run.seconds
    saved = measured = began
    printed = 0.0
    means = defaultdict(float)
    while True:
        run.seconds = before + time.time() - began
        hours = agreed(run.seconds / 3600, run)
        progress = run.step / run.settings.steps if run.settings.steps else hours / run.settings.hours
        if progress >= 1 or hours >= task.stop:
            break
        for name, value in run.train_step(progress).items():
            means[name] = value if name not in means else 0.95 * means[name] + 0.05 * value
        if run.rank:
            continue
        now = time.time()
        if now - printed > 30:
            printed = now
            losses = " ".join(f"{name} {value:.3f}" for name, value in means.items())
            write(f"step {run.step} tokens {run.tokens / 1e6:.3f}M {run.seconds / 60:.1f} min {losses}")
        if now - saved > 60 * task.save_minutes:
            run.save()
            saved = time.time()
        if task.measure_minutes and now - measured > 60 * task.measure_minutes:
            write(f"tokens {run.tokens / 1e6:.2f}M valid {measure()}")
            measured = time.time()
    if run.rank == 0:
        run.save()
        if task.measure_minutes:
            write(f"tokens {run.tokens / 1e6:.2f}M valid {measure()}")


def agreed(hours: float, run: Run) -> float:
    """The first process's clock, for all."""
    clock = torch.tensor([hours], device=run.device)
    if run.world > 1:
        dist.broadcast(clock, 0)
    return clock.item()


if __name__ == "__main__":
    main()

"""Continued pre-training of the converted E5 as a BERT: masked words, next sentence, and senses kept.

    python -m training.bert --hours 2 --resume                                # one process
    torchrun --nproc_per_node=2 -m training.bert --hours 2 --resume           # one process a core, or a GPU
    python -m training.bert --folder OTHER --begin models/bert-es-en --align 1 --teach 0   # the senses, last ...
    python -m training.bert --folder OTHER --begin models/bert-es-en --align 1 --teach 0 --written 0.7   # ... and ours
    python -m training.bert --export models/bert-es-en                        # the averaged weights, fp16

The objective is BERT's (Devlin et al. 2019, section 3.1) plus a term against forgetting. E5 tells word senses apart
far better than a model freshly trained on this little text; with MLM alone that is lost within a million tokens. So
the student, reading masked text, must also predict through a linear map what the frozen E5 says of the clean text
(as data2vec, Baevski et al. 2022, with a fixed teacher): `teach * (1 - cosine)` over all tokens. A last phase brings
words and their translations in context together (`training.align`), which sharpens the senses beyond the E5's; some
of them in sentences written for it (`training/text`).

Blocks are never padded: text with document order gives `[CLS] A [SEP] B [SEP]` of one fixed length, loose sentences
are batched with others of exactly their length. Which block comes at which step, and which tokens are masked in it,
depends on the seed and the step alone, so a run that was stopped goes on as if it had not been.

glibc gives the large matrices of scores back to the system at every step. With MALLOC_MMAP_THRESHOLD_ and
MALLOC_TRIM_THRESHOLD_ in the environment, both 8589934592, it keeps them: from 2,600 to 3,400 tokens a second on two
cores with AMX, 4,000 with 4,096 tokens a step.
"""
import argparse
import json
import math
import os
import time
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

import torch
import torch.distributed as dist
from transformers import AutoTokenizer

from training import corpus
from training.bert.measure import report, show
from training.bert.run import Run, export
from training.bert.settings import Settings
from training.bert.student import half_precision, start
from training.bert.text import prepare


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, default=corpus.ROOT / "checkpoints" / "bert")
    parser.add_argument("--converted", type=Path, help="what training.convert_e5 wrote (default: FOLDER/converted)")
    parser.add_argument("--lessons", type=Path, default=corpus.ROOT / "lessons", help="sense test, never trained on")
    parser.add_argument("--begin", type=Path, help="a model folder to go on from, with a new optimizer")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--export", type=Path)
    parser.add_argument("--mix", type=float, default=1.0, help="of --begin and the run, the run's share in the export")
    parser.add_argument("--measure", type=Path, help="print the figures of a model folder as JSON and stop")
    parser.add_argument("--stop", type=float, default=math.inf, help="hours after which to stop, short of --hours")
    parser.add_argument("--save-minutes", type=float, default=5)
    parser.add_argument("--measure-minutes", type=float, default=20)
    for name, value in asdict(Settings()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    args = parser.parse_args()
    settings = Settings(**{name: getattr(args, name) for name in asdict(Settings())})
    converted = args.converted or args.folder / "converted"
    if args.export:
        return export(args.folder, converted, args.export, args.begin, args.mix)
    tokenizer = AutoTokenizer.from_pretrained(args.measure or converted)
    special = tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id
    device = f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if torch.cuda.is_available() else "cpu"
    if args.measure:
        bert = start(args.measure).to(device).eval()
        return print(json.dumps(report(bert, prepare(args.folder, tokenizer, settings.words)["valid"], special,
                                       tokenizer, args.lessons), indent=1))
    if "RANK" in os.environ:
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    rank = dist.get_rank() if dist.is_initialized() else 0
    if rank == 0:
        prepare(args.folder, tokenizer, settings.words)
    if dist.is_initialized():
        dist.barrier()
    streams = prepare(args.folder, tokenizer, settings.words)
    run = Run(args.folder, converted, settings, streams["train"], special, device, args.begin)
    if args.resume and ((args.folder / "last").exists() or (args.folder / "before").exists()):
        run.load()
    log = (args.folder / "log.txt").open("a") if rank == 0 else None

    def write(line):
        line = f"{time.strftime('%H:%M:%S')} {line}"
        print(line, flush=True)
        print(line, file=log, flush=True)

    def measure():
        run.swap()
        run.student.eval()
        with half_precision(torch.device(device)):     # a quick look: --measure is exact
            figures = report(run.student.bert, streams["valid"], special, tokenizer, args.lessons, 2000, 100)
        run.student.train()
        run.swap()
        write(f"tokens {run.tokens / 1e6:.2f}M valid {show(figures)}")

    began, saved, measured, printed = time.time(), time.time(), time.time(), 0.0
    before = run.seconds
    means = defaultdict(float)
    while True:
        run.seconds = before + time.time() - began
        clock = torch.tensor([run.seconds / 3600])
        if run.world > 1:      # one clock for all
            clock = clock.to(device)
            dist.broadcast(clock, 0)
        hours = clock.item()
        if hours >= min(settings.hours, args.stop):
            break
        for name, value in run.train_step(hours / settings.hours).items():
            means[name] = value if name not in means else 0.95 * means[name] + 0.05 * value
        if rank == 0:
            now = time.time()
            if now - printed > 30:
                printed = now
                write(f"step {run.step} tokens {run.tokens / 1e6:.3f}M {run.seconds / 60:.1f} min "
                      + " ".join(f"{n} {v:.3f}" for n, v in means.items()))
            if now - saved > 60 * args.save_minutes:
                run.save()
                saved = time.time()
            if now - measured > 60 * args.measure_minutes:
                measure()
                measured = time.time()
    if rank == 0:
        run.save()
        measure()
    if dist.is_initialized():
        dist.barrier()
        dist.destroy_process_group()


if __name__ == "__main__":
    main()

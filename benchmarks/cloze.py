"""Every word of a 40-word sentence masked in turn: python -m benchmarks.cloze [folder] [--times 3]

One batched pass of ours against 40 calls of transformers' fill-mask pipeline, in one run: the pipeline as it opens
the folder by itself (in the precision of the stored weights, float16 for the embedded model), and in float32, which is
what we compute in. In float32 both must give each word the same probability, or the program stops. Processor seconds
stand beside wall seconds because they suffer less from whatever else the machine is doing.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
import transformers

import viz
from benchmarks.table import show
from viz.kit.paths import EMBEDDED, MODELS
from viz.masked.cloze import words
from viz.masked.surprise import surprise

SENTENCE = (
    "Cuando llegamos a casa de mi abuela después de un viaje muy largo por la montaña ella ya tenía lista la mesa con "
    "el pan recién hecho y una sopa caliente que nos devolvió las ganas de hablar hasta tarde"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=MODELS / EMBEDDED)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    model = viz.load_model(options.folder)
    stored = transformers.pipeline("fill-mask", model=str(options.folder))
    single = transformers.pipeline("fill-mask", model=str(options.folder), dtype=torch.float32)
    mask = model.tokenizer.mask_token
    masked = [SENTENCE[: w.start] + mask + SENTENCE[w.end :] for w in words(model, SENTENCE)]
    same_answers(model, single, masked)

    before = model.forwards
    surprise(model, SENTENCE)
    passes = model.forwards - before
    ours = measure(lambda: surprise(model, SENTENCE), options.times)
    ways = {
        f"pipeline by default ({str(stored.model.dtype).removeprefix('torch.')}), a call a word": (stored, len(masked)),
        "pipeline in float32, a call a word": (single, len(masked)),
    }
    rows = [("viz.cloze.surprise (float32), one batch", passes, *(f"{x:.2f}" for x in ours), "", "")]
    for name, (pipeline, calls) in ways.items():
        theirs = measure(lambda pipeline=pipeline: [pipeline(text) for text in masked], options.times)
        ratios = [f"{x / y:.1f}" for x, y in zip(theirs, ours, strict=True)]
        rows.append((name, calls, *(f"{x:.2f}" for x in theirs), *ratios))
    show(
        f"{len(masked)} words masked in turn, {model.name}, {torch.get_num_threads()} threads",
        ("way", "forward passes", "seconds", "processor seconds", "ours is faster", "and uses less processor"),
        rows,
    )


def measure(run: Callable[[], object], times: int) -> tuple[float, float]:
    """Median wall and processor seconds, after one uncounted run."""
    run()
    taken = []
    for _ in range(times):
        wall, processor = time.perf_counter(), time.process_time()
        run()
        taken.append((time.perf_counter() - wall, time.process_time() - processor))
    return tuple(statistics.median(column) for column in zip(*taken, strict=True))


def same_answers(model: viz.Model, pipeline, masked: list[str]) -> None:
    """Stop unless the words of one piece get the pipeline's probabilities."""
    for text, found in zip(masked, surprise(model, SENTENCE), strict=True):
        if len(found.score.pieces) == 1:
            theirs = pipeline(text, targets=list(found.score.pieces))[0]["score"]
            if abs(theirs - found.score.prob) > 1e-4:
                raise SystemExit(f"{found.word.text}: {found.score.prob} here, {theirs} in the pipeline")


if __name__ == "__main__":
    main()

"""Every word of a 40-word sentence masked in turn: python -m benchmarks.cloze [folder] [--times 3]

One batched pass of ours against 40 calls of transformers' fill-mask pipeline, with the same float32 weights, in one
run. Both must give each word the same probability, or the program stops.
"""

import argparse
import os
from pathlib import Path

import torch
import transformers

import viz
from benchmarks.table import median_seconds, show
from viz.cloze import surprise, words
from viz.registry import EMBEDDED, MODELS

SENTENCE = (
    "Cuando llegamos a casa de mi abuela después de un viaje muy largo por la montaña ella ya tenía lista la mesa "
    "con el pan recién hecho y una sopa caliente que nos devolvió las ganas de hablar hasta tarde"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=MODELS / EMBEDDED)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    model = viz.load_model(options.folder)
    net = transformers.AutoModelForMaskedLM.from_pretrained(options.folder, dtype=torch.float32).eval()
    pipeline = transformers.pipeline("fill-mask", model=net, tokenizer=model.tokenizer)
    mask = model.tokenizer.mask_token
    masked = [SENTENCE[: w.start] + mask + SENTENCE[w.end :] for w in words(model, SENTENCE)]
    same_answers(model, pipeline, masked)

    passes = model.forwards
    surprise(model, SENTENCE)
    passes = model.forwards - passes
    one = median_seconds(lambda: surprise(model, SENTENCE), options.times)
    many = median_seconds(lambda: [pipeline(text) for text in masked], options.times)
    show(
        f"{len(masked)} words masked in turn, {model.name}, {torch.get_num_threads()} of {os.cpu_count()} cores",
        ("way", "forward passes", "seconds", "times faster"),
        [
            ("transformers pipeline, one call a word", len(masked), f"{many:.2f}", "1.0"),
            ("viz.cloze.surprise, one batch", passes, f"{one:.2f}", f"{many / one:.1f}"),
        ],
    )


def same_answers(model: viz.Model, pipeline, masked: list[str]) -> None:
    """Stop unless the words of one piece get the pipeline's probabilities."""
    for text, found in zip(masked, surprise(model, SENTENCE), strict=True):
        if len(found.score.pieces) == 1:
            theirs = pipeline(text, targets=list(found.score.pieces))[0]["score"]
            if abs(theirs - found.score.prob) > 1e-4:
                raise SystemExit(f"{found.word.text}: {found.score.prob} here, {theirs} in the pipeline")


if __name__ == "__main__":
    main()

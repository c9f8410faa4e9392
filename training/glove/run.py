"""Train the Spanish GloVe of ``models/glove-es/``, from raw text to the folder.

    python -m training.glove --out models/glove-es      # everything, ten minutes on two cores
    python -m training.glove --evaluate                 # the figures of the model card

Pennington, Socher and Manning (2014), "GloVe: Global Vectors for Word Representation", equation 8:

    J = sum_ij f(X_ij) (w_i . c_j + b_i + b'_j - log X_ij)^2,   f(x) = min(1, (x / x_max)^alpha)

over the cells of the co-occurrence matrix X, minimised by AdaGrad; the word's vector is w_i + R c_i, with R
the rotation that best lays the context vectors over the word vectors.
"""

import argparse
import json
import lzma
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numba
import numpy as np

from training import corpus
from training.glove.measure import DEV, report


class Source(NamedTuple):
    """A corpus file: at most ``cap`` thousand words of it are read, each counted ``weight`` times in X."""

    cap: int | None
    weight: float


# 19th-century prose and one government's press conferences are nine tenths of what there is. A weight
# multiplies co-occurrence, which is the same as repeating the text, and leaves "seen ten times" honest.
SOURCES = {
    "es_tatoeba": Source(None, 10),
    "es_ancora": Source(None, 7),
    "es_modern_ntrex": Source(None, 8),
    "es_commonvoice": Source(None, 10),
    "es_storybooks": Source(None, 10),
    "es_modern_recetas": Source(None, 10),
    "es_squad": Source(None, 6),
    "es_xquad": Source(None, 6),
    "es_ud": Source(None, 6),
    "es_modern_rol": Source(None, 6),
    "es_modern_blog_argentinaenpython": Source(None, 6),
    "es_modern_programminghistorian": Source(None, 3),
    "es_modern_opensourceguide": Source(None, 2),
    "es_modern_csunplugged": Source(None, 2),
    "es_stories_textbox": Source(None, 2),
    "es_theatre_bette": Source(None, 2),
    "es_novels_textbox": Source(None, 1.5),
    "es_modern_openstax": Source(None, 1.5),
    "es_novels_conha19": Source(None, 1),
    "es_novels_eltec": Source(None, 1),
    "es_modern_mananeras": Source(10_000, 1),
    "es_modern_clinical_casimedicos": Source(None, 1),
    "es_modern_clinical_meddocan": Source(250, 1),
    "es_modern_clinical_nubes": Source(250, 1),
    "es_law_uy": Source(600, 1),
    "es_tech_freecodecamp": Source(400, 1),
    "es_tech_pydocs": Source(250, 1),
    "es_modern_tech_phpmanual": Source(150, 1),
    "es_modern_business_dynamics": Source(150, 1),
    "es_modern_tech_hfcourse": Source(None, 1),
}

# Our own Spanish text (training/text). The corpora say next to nothing of countries, little of telephones and apples:
# a hundred thousand words would go under in forty-five million.
OWN = {
    "es_own_senses": Source(None, 6),
    "es_own_geography": Source(None, 40),
    "es_own_everyday": Source(None, 20),
    "es_own_dialogues": Source(None, 20),
    "es_own_stories": Source(None, 20),
}

# Runs of letters, an apostrophe inside a word kept (o'donnell), hyphens split; numbers kept; no punctuation.
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+")
URL = re.compile(r"(?:https?://|www\.)\S+")
BOILERPLATE_WORDS = 6  # a repeated line at least this long is a copy; shorter ones are ordinary speech


def tokenize(line: str) -> list[str]:
    """Lower-cased words of a line, accents and ñ kept."""
    line = unicodedata.normalize("NFC", line).replace("\u00ad", "").replace("’", "'")
    return WORD.findall(URL.sub(" ", line).lower())


def course_words() -> list[str]:
    """The words of the chapter's own analogies."""
    lines = (DEV / "showcase.tsv").read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def read_lines(path: Path) -> list[str]:
    """The lines of a corpus file."""
    with lzma.open(path, "rt", encoding="utf-8") as file:
        return file.read().splitlines()


def choose(lines: list[str], cap: int | None, seen: set[int], seed: int) -> Iterator[list[str]]:
    """Yield the tokenised lines of a source, no long line twice; when capped, a random spread of its lines."""
    words_total = sum(line.count(" ") + 1 for line in lines)
    keep = 1.0 if cap is None else min(1.0, cap * 1000 / words_total)
    chosen = np.random.default_rng(seed).random(len(lines)) < keep
    for index in np.flatnonzero(chosen):
        words = tokenize(lines[index])
        if len(words) >= BOILERPLATE_WORDS:
            digest = hash(tuple(words))
            if digest in seen:
                continue
            seen.add(digest)
        if len(words) > 1:
            yield words


def read_corpus(folder: Path, min_count: int, limit: int, seed: int):
    """Read every source into one array of word ids.

    Returns (vocabulary most frequent first, ids (tokens,) int32 with -1 after each line,
    weights (tokens,) float32, rows of {source, words, weight} for the model card).
    """
    provisional, counts, seen = {}, Counter(), set()
    ids, weights, shares = [], [], []
    own = corpus.own()
    for name, source in (SOURCES | OWN).items():
        block = []
        lines = own[name] if name in OWN else read_lines(folder / f"{name}.txt.xz")
        for words in choose(lines, source.cap, seen, seed):
            block.extend(provisional.setdefault(word, len(provisional)) for word in words)
            block.append(-1)
        block = np.array(block, np.int32)
        words = int((block >= 0).sum())
        found, times = np.unique(block[block >= 0], return_counts=True)
        counts.update(dict(zip(found.tolist(), times.tolist(), strict=True)))
        ids.append(block)
        weights.append(np.full(len(block), source.weight, np.float32))
        shares.append({"source": name, "words": words, "weight": source.weight})
        print(f"  {name:36s} {words:>11,} words x {source.weight:g}", flush=True)
    spelling = list(provisional)
    frequent = [i for i, n in counts.most_common(limit) if n >= min_count]
    asked = {provisional[word] for word in course_words() if word in provisional}
    frequent += sorted(asked - set(frequent))  # the chapter asks for them, however rare they are
    final = np.full(len(spelling) + 1, -2, np.int32)  # -2: out of vocabulary; the last slot keeps -1 as -1
    final[frequent] = np.arange(len(frequent))
    final[-1] = -1
    return [spelling[i] for i in frequent], final[np.concatenate(ids)], np.concatenate(weights), shares


@numba.njit(nogil=True)
def _fill_block(ids, weights, window, first, block):
    """Add to block (rows, words) the 1/distance co-occurrence of words first..first+rows, both sides."""
    last = first + block.shape[0]
    block[:] = 0
    for t in range(len(ids)):
        if first <= ids[t] < last:
            row = ids[t] - first
            for step in (-1, 1):
                s = t
                for distance in range(1, window + 1):
                    s += step
                    if s < 0 or s >= len(ids) or ids[s] == -1:  # a window stops at the line's ends
                        break
                    if ids[s] >= 0:
                        block[row, ids[s]] += weights[t] / distance


def cooccurrence(ids, weights, words: int, window: int, smallest: float = 0.0, rows: int = 2048):
    """The symmetric co-occurrence matrix as (row, column, value) arrays; a pair at distance d counts 1/d.

    An out-of-vocabulary word (-2) still takes up a place in the window. A dense slab of ``rows`` rows at a
    time needs no sorting and no disk. Cells of value ``smallest`` or less are dropped.
    """
    parts = []
    for first in range(0, words, rows):
        block = np.zeros((min(rows, words - first), words), np.float32)
        _fill_block(ids, weights, window, first, block)
        row, column = np.nonzero(block > smallest)
        parts.append(((row + first).astype(np.int32), column.astype(np.int32), block[row, column]))
    return tuple(np.concatenate(part) for part in zip(*parts, strict=True))


def shuffle_in_tiles(row, column, value, words: int, seed: int, tile: int = 1024):
    """The cells in random order of tiles of ``tile`` x ``tile`` words, and in random order within each.

    The vectors of a tile fit in the cache: three times as fast as a plain shuffle.
    """
    rng = np.random.default_rng(seed)
    side = -(-words // tile)
    place = rng.permutation(side * side).astype(np.uint16 if side < 256 else np.uint32)
    order = rng.permutation(len(row))
    order = order[np.argsort(place[row[order] // tile * side + column[order] // tile], kind="stable")]
    return row[order], column[order], value[order]


@numba.njit(nogil=True, parallel=True, fastmath=True)
def _epoch(row, column, log_x, f, w, c, bw, bc, gw, gc, gbw, gbc, rate, threads):
    """One pass of AdaGrad over the cells, lock-free over threads. Returns the mean of f * error^2.

    As in the authors' C code, the squared gradients are accumulated with the rate in them and start at 1.
    """
    cells, dim = len(row), w.shape[1]
    losses = np.zeros(threads)
    for thread in numba.prange(threads):
        total = 0.0
        for k in range(thread * cells // threads, (thread + 1) * cells // threads):
            i, j = row[k], column[k]
            dot = np.float32(0)
            for d in range(dim):
                dot += w[i, d] * c[j, d]
            error = dot + bw[i] + bc[j] - log_x[k]
            step = f[k] * error
            total += step * error
            step *= rate
            for d in range(dim):
                grad_w = step * c[j, d]
                grad_c = step * w[i, d]
                w[i, d] -= grad_w / np.sqrt(gw[i, d])
                c[j, d] -= grad_c / np.sqrt(gc[j, d])
                gw[i, d] += grad_w * grad_w
                gc[j, d] += grad_c * grad_c
            bw[i] -= step / np.sqrt(gbw[i])
            bc[j] -= step / np.sqrt(gbc[j])
            gbw[i] += step * step
            gbc[j] += step * step
        losses[thread] = total
    return losses.sum() / cells


def fit(
    row,
    column,
    value,
    words: int,
    dim: int,
    x_max: float,
    alpha: float,
    epochs: int,
    rate: float,
    threads: int,
    seed: int,
    log=print,
):
    """Minimise the GloVe objective. Returns (w (words, dim), c (words, dim), bw, bc, loss per epoch).

    The caller shuffles the cells; every epoch visits them in that order.
    """
    rng = np.random.default_rng(seed)
    w, c = ((rng.random((words, dim), np.float32) - 0.5) / dim for _ in range(2))
    bw, bc = ((rng.random(words, np.float32) - 0.5) / dim for _ in range(2))
    squares = [np.ones_like(a) for a in (w, c, bw, bc)]
    log_x = np.log(value).astype(np.float32)
    f = np.minimum(1, (value / x_max) ** alpha).astype(np.float32)
    losses = []
    for epoch in range(epochs):
        start = time.time()
        losses.append(float(_epoch(row, column, log_x, f, w, c, bw, bc, *squares, np.float32(rate), threads)))
        log(f"  epoch {epoch + 1:2d}  loss {losses[-1]:.5f}  {time.time() - start:.0f} s", flush=True)
    return w, c, bw, bc, losses


def sum_aligned(w: np.ndarray, c: np.ndarray, frequent: int = 20_000) -> np.ndarray:
    """w + c R, (words, dim), with R the orthogonal matrix that brings c nearest to w (Procrustes).

    X is symmetric, so both sets tell the same of a word, but each in its own basis. Added as they stand, as
    the paper does, the cross terms w_i . c_j make neighbours of words that merely occur together; rotated
    first, the sum averages two estimates of the same geometry.
    """
    left, _, right = np.linalg.svd(c[:frequent].T @ w[:frequent])
    return w + c @ (left @ right)  # (words, dim)


def save(folder: Path, vocabulary: list[str], vectors: np.ndarray, facts: dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "vectors.npy", vectors.astype(np.float16))
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    text = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
    (folder / "training.json").write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("models/glove-es"))
    parser.add_argument("--evaluate", action="store_true", help="print the figures of --out, train nothing")
    parser.add_argument("--corpora", type=Path, default=Path("../shared/corpora"))
    parser.add_argument("--work", type=Path, default=Path("checkpoints/glove"), help="intermediate files")
    parser.add_argument("--dim", type=int, default=200)
    parser.add_argument("--words", type=int, default=72_000, help="largest vocabulary")
    parser.add_argument("--min-count", type=int, default=10)
    parser.add_argument("--window", type=int, default=30)
    parser.add_argument("--smallest", type=float, default=0.02, help="of two words met less, the cell is dropped")
    parser.add_argument("--x-max", type=float, default=10)
    parser.add_argument("--alpha", type=float, default=0.75)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rate", type=float, default=0.05)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=13)
    args = parser.parse_args()
    if args.evaluate:
        report(args.out)
        return

    start = time.time()
    numba.set_num_threads(args.threads)
    vocabulary, ids, weights, shares = read_corpus(args.corpora, args.min_count, args.words, args.seed)
    coverage = float((ids >= 0).sum() / (ids != -1).sum())
    print(f"{len(vocabulary):,} words cover {coverage:.2%}; {time.time() - start:.0f} s", flush=True)
    row, column, value = cooccurrence(ids, weights, len(vocabulary), args.window, args.smallest)
    row, column, value = shuffle_in_tiles(row, column, value, len(vocabulary), args.seed)
    print(f"{len(row):,} cells; {time.time() - start:.0f} s", flush=True)
    w, c, _, _, losses = fit(
        row,
        column,
        value,
        len(vocabulary),
        args.dim,
        args.x_max,
        args.alpha,
        args.epochs,
        args.rate,
        args.threads,
        args.seed,
    )
    args.work.mkdir(parents=True, exist_ok=True)
    np.savez(args.work / "sets.npz", w=w, c=c)
    numbers = {k: v for k, v in vars(args).items() if not isinstance(v, (Path, bool))}
    facts = {
        "arguments": numbers,
        "coverage": coverage,
        "cells": len(row),
        "losses": losses,
        "seconds": round(time.time() - start),
        "sources": shares,
    }
    save(args.out, vocabulary, sum_aligned(w, c), facts)
    report(args.out)

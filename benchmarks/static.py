"""Neighbours and analogies on 400,000 × 50 beside gensim, and what opening costs: ``python -m benchmarks.static``."""

import numpy as np

import viz
from benchmarks.table import median_seconds, show
from viz.words.static import load_static


def reopen() -> viz.StaticVectors:
    load_static.cache_clear()
    return load_static("en")


def main() -> None:
    from gensim.models import KeyedVectors

    opening = median_seconds(reopen, 9)
    first_word = median_seconds(lambda: reopen()["palo"], 5)
    ready = median_seconds(lambda: reopen().unit, 3)
    glove = reopen()
    _ = glove.unit
    words, dimensions = glove.matrix.shape
    keyed = KeyedVectors(dimensions)
    keyed.add_vectors(list(glove.words), np.asarray(glove.matrix, dtype=np.float32))
    keyed.fill_norms()
    show(
        f"Opening {glove.name}, {words:,} × {dimensions}, files already in the system's memory",
        ["step", "ms"],
        [
            ["open (memory-mapped)", f"{1e3 * opening:.1f}"],
            ["open and look one word up", f"{1e3 * first_word:.1f}"],
            ["open and scale all vectors to length 1", f"{1e3 * ready:.1f}"],
        ],
    )
    queries = {
        "ten neighbours of «palo»": (lambda: glove.neighbours("palo"), lambda: keyed.most_similar("palo")),
        "man : king :: woman : ?": (
            lambda: glove.analogy("man", "king", "woman", 10),
            lambda: keyed.most_similar(positive=["king", "woman"], negative=["man"]),
        ),
    }
    rows = []
    for name, (ours, theirs) in queries.items():
        same = [word for word, _ in ours()] == [word for word, _ in theirs()]
        a, b = median_seconds(ours, 31), median_seconds(theirs, 31)
        rows.append([name, f"{1e3 * a:.1f}", f"{1e3 * b:.1f}", f"{b / a:.1f}", "yes" if same else "NO"])
    show("Search, median of 31", ["query", "ours, ms", "gensim, ms", "times faster", "same answer"], rows)


if __name__ == "__main__":
    main()

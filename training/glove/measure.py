"""What a folder of static vectors knows: analogies, synonyms, neighbours, and two of its prejudices.

The questions are in ``training/glove/dev/``; the course's own are in ``showcase.tsv``.
"""

from itertools import permutations
from pathlib import Path

import numpy as np
import yaml

DEV = Path(__file__).parent / "dev"

# Words with one form for both sexes, so that grammar says nothing of the sex of who is meant.
EPICENE = (
    "presidente juez comerciante periodista estudiante cantante artista amante inteligente valiente fuerte noble "
    "amable débil dulce triste"
).split()
AGES = [
    ("coche", "carruaje", "automóvil"),
    ("carta", "esquela", "mensaje"),
    ("banco", "silla", "crédito"),
    ("palo", "garrote", "golf"),
]


class Vectors:
    """Unit vectors (words, dim) float32 and their index, as anyone can read them with plain numpy."""

    def __init__(self, folder: Path):
        self.words = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
        self.index = {word: i for i, word in enumerate(self.words)}
        raw = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False).astype(np.float32)
        self.unit = raw / np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-9)

    def __contains__(self, word: str) -> bool:
        return word in self.index

    def __getitem__(self, word: str) -> np.ndarray:
        return self.unit[self.index[word]]  # (dim,)

    def nearest(self, query: np.ndarray, without: tuple[str, ...], k: int) -> list[str]:
        """The k words of highest cosine with query (dim,), the words of ``without`` left out."""
        scores = self.unit @ query  # (words,)
        scores[[self.index[word] for word in without]] = -np.inf
        top = np.argpartition(-scores, k)[:k]
        return [self.words[i] for i in top[np.argsort(-scores[top])]]

    def analogy(self, a: str, b: str, c: str, k: int = 5) -> list[str]:
        """Answers to a : b :: c : ? by 3CosAdd (Mikolov, Yih and Zweig 2013), a, b and c not offered."""
        return self.nearest(self[b] - self[a] + self[c], (a, b, c), k)


def analogies(vectors: Vectors, split: str) -> list[dict]:
    """Accuracy by kind on the ``tune`` or ``test`` pairs. A question with an unknown word counts as wrong."""
    rows = []
    for kind, splits in yaml.safe_load((DEV / "analogies.yaml").read_text(encoding="utf-8")).items():
        pairs = [tuple(pair.split()) for pair in splits[split]]
        asked = at_1 = at_5 = unknown = 0
        for (a, b), (c, d) in permutations(pairs, 2):
            asked += 1
            if not all(word in vectors for word in (a, b, c, d)):
                unknown += 1
                continue
            answers = vectors.analogy(a, b, c)
            at_1 += answers[0] == d
            at_5 += d in answers
        accuracy = {"at_1": at_1 / asked, "at_5": at_5 / asked}
        rows.append({"kind": kind, "asked": asked, **accuracy, "unknown": unknown})
    return rows


def _lines(name: str) -> list[list[str]]:
    lines = (DEV / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def synonyms(vectors: Vectors) -> tuple[float, int, list[str]]:
    """Share of synonyms.tsv where the right word is the nearest of four; how many; the words missed."""
    questions = _lines("synonyms.tsv")
    missed = []
    for word, right, *wrong in questions:
        known = word in vectors and right in vectors
        near = known and vectors[word] @ vectors[right]
        if not known or any(w in vectors and vectors[word] @ vectors[w] >= near for w in wrong):
            missed.append(word)
    return 1 - len(missed) / len(questions), len(questions), missed


def gender_axis(vectors: Vectors) -> np.ndarray:
    """Unit vector (dim,) from male to female: the mean difference of the pairs of people, both splits."""
    splits = yaml.safe_load((DEV / "analogies.yaml").read_text(encoding="utf-8"))["gender of people"]
    pairs = [pair.split() for split in splits.values() for pair in split]
    axis = np.mean([vectors[she] - vectors[he] for he, she in pairs], axis=0)
    return axis / np.linalg.norm(axis)


def report(folder: Path) -> None:
    """Print the figures of the model card."""
    vectors = Vectors(folder)
    print(f"{len(vectors.words):,} words x {vectors.unit.shape[1]}")
    for split in ("tune", "test"):
        rows = analogies(vectors, split)
        print(f"\n| analogies ({split}) | questions | @1 | @5 | with an unknown word |")
        print("|---|---|---|---|---|")
        for r in rows:
            print(f"| {r['kind']} | {r['asked']} | {r['at_1']:.2f} | {r['at_5']:.2f} | {r['unknown']} |")
        asked = sum(r["asked"] for r in rows)
        every = [sum(r[key] * r["asked"] for r in rows) / asked for key in ("at_1", "at_5")]
        mean = [np.mean([r[key] for r in rows]) for key in ("at_1", "at_5")]
        print(
            f"| **all questions** | {asked} | **{every[0]:.2f}** | **{every[1]:.2f}** | "
            f"{sum(r['unknown'] for r in rows)} |\n| mean of kinds | | {mean[0]:.2f} | {mean[1]:.2f} | |"
        )
    print()
    for a, b, c, d in _lines("showcase.tsv"):
        if not all(word in vectors for word in (a, b, c)):
            print(f"- {b} − {a} + {c}: a word is not in the vocabulary")
            continue
        answers = vectors.analogy(a, b, c)
        print(f"- {b} − {a} + {c} = {', '.join(answers)} ({'right' if answers[0] == d else f'not {d}'})")
    score, questions, missed = synonyms(vectors)
    print(f"\nNearest of four in meaning: {score:.2f} of {questions} (chance 0.25)")
    print(f"missed: {', '.join(missed)}\n")
    for (word,) in _lines("neighbours.txt"):
        near = vectors.nearest(vectors[word], (word,), 10) if word in vectors else ["not in the vocabulary"]
        print(f"- {word}: {', '.join(near)}")
    axis = gender_axis(vectors)
    leaning = sorted((float(vectors[word] @ axis), word) for word in EPICENE if word in vectors)
    print(
        "\nCosine with the axis from man (-) to woman (+): "
        + ", ".join(f"{word} {cosine:+.2f}" for cosine, word in leaning)
    )
    print(
        "Age of the text, cosines: "
        + "; ".join(
            f"{word} with " + ", ".join(f"{w} {vectors[word] @ vectors[w]:.2f}" for w in pair if w in vectors)
            for word, *pair in AGES
        )
    )

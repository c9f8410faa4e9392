"""Which head does what? Relations between words, scored as in Clark et al. 2019, section 4.

A head finds a relation where the word it looks at most is the right one. That is worth something only if it beats
the best fixed rule of the kind "always the next word".
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from viz.attention.treebank import Tree
from viz.attention.weights import attentions_of
from viz.kit.errors import Problem
from viz.kit.paths import MODELS
from viz.model.base import BATCH, Model
from viz.model.encoding import Encoding

TABLE = "heads.json"


def N_(message: str) -> str:  # marks a text that pages translate
    return message


@dataclass(frozen=True)
class Relation:
    """Who looks at whom: the ``dependent`` at its head, or the ``head`` at its dependent (Universal Dependencies)."""

    id: str
    label: str
    relation: str
    dependent: tuple[str, ...]
    head: tuple[str, ...]
    looks: str


NOUNS = ("NOUN", "PROPN")
RELATIONS = {
    r.id: r
    for r in (
        Relation("det", N_("Determinante → nombre"), "det", ("DET",), NOUNS, "dependent"),
        Relation("amod", N_("Adjetivo → nombre"), "amod", ("ADJ",), NOUNS, "dependent"),
        Relation("nsubj", N_("Verbo → sujeto"), "nsubj", (*NOUNS, "PRON"), ("VERB",), "head"),
        Relation("obj", N_("Verbo → objeto"), "obj", (*NOUNS, "PRON"), ("VERB",), "head"),
        Relation("case", N_("Preposición → su término"), "case", ("ADP",), (*NOUNS, "PRON"), "dependent"),
        Relation("aux", N_("Auxiliar → verbo"), "aux", ("AUX",), ("VERB",), "dependent"),
    )
}


@dataclass(frozen=True, eq=False)
class RelationScore:
    """One relation on some sentences.

    Attributes:
        accuracy: ``(layers, heads)``, share of cases whose most attended word is the right one.
        n: number of cases.
        offset, baseline: the best fixed distance (+1 is the next word) and the share of cases that it gets right.
    """

    accuracy: np.ndarray
    n: int
    offset: int
    baseline: float


def find_heads(model: Model, relation: str, language: str = "es") -> pd.DataFrame:
    """The heads of a model ranked for a relation, from the table that ``benchmarks.heads`` made.

    Heads are ranked on one part of a treebank and measured again on another, so that the winner among 144 is not
    flattered by luck.

    Returns:
        ``layer``, ``head`` from 0; ``chosen_on``, the accuracy that ranks them; ``accuracy``, on other sentences;
        ``baseline`` and ``offset`` of the best fixed distance there; ``n`` cases there. Best first.

    Raises:
        Problem: no such relation or language, or no table for this model.
    """
    table = load_table(model)
    if relation not in RELATIONS:
        raise Problem(
            "No se conoce la relación «{relation}»; las hay: {known}.", relation=relation, known=", ".join(RELATIONS)
        )
    if language not in table["languages"]:
        raise Problem(
            "No hay tabla de «{language}»; la hay de: {known}.", language=language, known=", ".join(table["languages"])
        )
    chosen, measured = (table["languages"][language][part][relation] for part in ("choose", "measure"))
    on, accuracy = np.array(chosen["accuracy"]), np.array(measured["accuracy"])  # each (layers, heads)
    layer, head = np.indices(on.shape)
    found = pd.DataFrame(
        {
            "layer": layer.ravel(),
            "head": head.ravel(),
            "chosen_on": on.ravel(),
            "accuracy": accuracy.ravel(),
            "baseline": measured["baseline"],
            "offset": measured["offset"],
            "n": measured["n"],
        }
    )
    return found.sort_values("chosen_on", ascending=False, kind="stable", ignore_index=True)


def load_table(model: Model) -> dict:
    """The table shipped with a model, as ``benchmarks.heads`` wrote it; ``stale`` says it is of other weights.

    Raises:
        Problem: this model has none.
    """
    path = MODELS / model.name / TABLE
    if not path.is_file():
        raise Problem(
            "«{name}» no trae la tabla de sus cabezas; la calcula python -m benchmarks.heads.", name=model.name
        )
    table = json.loads(path.read_text("utf-8"))
    weights = path.parent / "model.safetensors"
    return table | {"stale": table["weights"] != fingerprint(weights, weights.stat().st_mtime_ns)}


@cache
def fingerprint(path: Path, _modified: int) -> str:
    """SHA-256 of a weights file."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def score_relations(
    model: Model, trees: Sequence[Tree], progress: Callable[[int, int], None] | None = None
) -> dict[str, RelationScore]:
    """Score every head for every relation on some sentences.

    Attention is taken between surface forms (rows of a form's pieces averaged, columns summed). Special tokens and
    the looking form itself are left out of the choice, as in the notebooks of Clark et al.; cases whose two words
    share a form, or that do not fit the model, are passed over.

    Args:
        progress: called with (sentences done, all).
    """
    shape = (model.layers, model.attention_heads)
    hits = {r: np.zeros(shape) for r in RELATIONS}
    offsets: dict[str, list[int]] = {r: [] for r in RELATIONS}
    for at in range(0, len(trees), BATCH):
        part = trees[at : at + BATCH]
        for tree, encoding in zip(part, model.encode([t.text for t in part], max_tokens=128), strict=True):
            seen, looked = most_attended(encoding, tree.forms)
            for r in RELATIONS.values():
                for source, target in pairs(tree, r):
                    if seen[source] and seen[target]:
                        hits[r.id] += looked[:, :, source] == target
                        offsets[r.id].append(target - source)
        if progress:
            progress(min(at + BATCH, len(trees)), len(trees))
    scores = {}
    for name, found in offsets.items():
        values, counts = np.unique(found, return_counts=True) if found else (np.array([0]), np.array([0]))
        best, n = int(counts.argmax()), max(len(found), 1)
        scores[name] = RelationScore(hits[name] / n, len(found), int(values[best]), float(counts[best] / n))
    return scores


def pairs(tree: Tree, relation: Relation) -> list[tuple[int, int]]:
    """``(looking form, right form)`` of each case of a relation."""
    found = []
    for word in tree.words:
        if word.relation != relation.relation or word.head is None or word.pos not in relation.dependent:
            continue
        head = tree.words[word.head]
        if head.pos in relation.head and head.form != word.form:
            found.append((word.form, head.form) if relation.looks == "dependent" else (head.form, word.form))
    return found


def most_attended(encoding: Encoding, spans: Sequence[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """For each span of characters, the other span that each head looks at most.

    Returns:
        which spans the model saw, bool ``(spans,)``, and the choice, int ``(layers, heads, spans)``.
    """
    starts, ends = np.array(encoding.offsets).T
    member = np.zeros((len(spans), len(starts)), dtype=np.float32)  # (spans, tokens)
    for i, (start, end) in enumerate(spans):
        member[i] = (starts < end) & (ends > start)
    count = member.sum(axis=1)
    rows = member / np.maximum(count, 1)[:, None]
    weights = rows @ attentions_of(encoding) @ member.T  # (layers, heads, spans, spans)
    weights[..., count == 0] = -1
    weights[..., np.arange(len(spans)), np.arange(len(spans))] = -1
    return count > 0, weights.argmax(axis=-1)

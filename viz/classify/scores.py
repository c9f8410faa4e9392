"""How good a classifier is, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

RESAMPLES = 2_000


@dataclass(frozen=True)
class Score:
    """Test figures with a 95 % bootstrap interval. ``confusion[true, predicted]`` counts texts."""

    accuracy: float
    macro_f1: float
    accuracy_interval: tuple[float, float]
    f1_interval: tuple[float, float]
    confusion: np.ndarray


def measure(truth: np.ndarray, predicted: np.ndarray, labels: int, seed: int = 0) -> Score:
    """Accuracy and macro-F1 with percentile bootstrap intervals over the texts (2,000 resamples).

    Resampling (true, predicted) pairs is the same as drawing a confusion matrix from a multinomial, which is fast.
    """
    confusion = np.zeros((labels, labels), dtype=int)
    np.add.at(confusion, (truth, predicted), 1)
    total = confusion.sum()
    drawn = np.random.default_rng(seed).multinomial(total, confusion.ravel() / total, size=RESAMPLES)
    drawn = drawn.reshape(RESAMPLES, labels, labels)
    accuracy, f1 = _accuracy(drawn), _macro_f1(drawn)
    return Score(
        accuracy=float(_accuracy(confusion)),
        macro_f1=float(_macro_f1(confusion)),
        accuracy_interval=tuple(np.quantile(accuracy, (0.025, 0.975)).tolist()),
        f1_interval=tuple(np.quantile(f1, (0.025, 0.975)).tolist()),
        confusion=confusion,
    )


def difference(truth: np.ndarray, first: np.ndarray, second: np.ndarray, seed: int = 0) -> tuple[float, float, float]:
    """Accuracy of ``first`` minus that of ``second`` on the same texts, and its 95 % paired bootstrap interval."""
    gain = (first == truth).astype(float) - (second == truth)  # (texts,)
    drawn = np.random.default_rng(seed).choice(gain, size=(RESAMPLES, len(gain))).mean(axis=1)
    return float(gain.mean()), *np.quantile(drawn, (0.025, 0.975)).tolist()


def threshold_table(truth: np.ndarray, scores: np.ndarray) -> pd.DataFrame:
    """Precision and recall of "positive where the score reaches the threshold", for thresholds 0 to 1 by 0.01.

    Args:
        truth: bool ``(texts,)``.
        scores: probability of the positive label, ``(texts,)``.

    Returns:
        Columns threshold, precision (NaN where nothing is called positive), recall, found, false, missed.
    """
    thresholds = np.arange(101) / 100
    called = scores >= thresholds[:, None]  # (thresholds, texts)
    found, false = (called & truth).sum(axis=1), (called & ~truth).sum(axis=1)
    missed = truth.sum() - found
    with np.errstate(invalid="ignore"):
        precision = found / (found + false)
    columns = {"threshold": thresholds, "precision": precision, "recall": found / max(truth.sum(), 1)}
    return pd.DataFrame({**columns, "found": found, "false": false, "missed": missed})


def neighbour_agreement(vectors: np.ndarray, labels: Sequence[int]) -> float:
    """Share of texts whose nearest other text (cosine) has the same label: order that nobody taught. 0 to 1."""
    own = np.asarray(labels)
    _, rows = NearestNeighbors(n_neighbors=2, metric="cosine").fit(vectors).kneighbors(vectors)
    other = np.where(rows[:, 0] == np.arange(len(rows)), rows[:, 1], rows[:, 0])
    return float((own[other] == own).mean())


def nearest(vectors: np.ndarray, vector: np.ndarray, k: int = 5) -> list[tuple[int, float]]:
    """Rows of ``(texts, features)`` of highest cosine with ``(features,)``, and that cosine."""
    distances, rows = (
        NearestNeighbors(n_neighbors=min(k, len(vectors)), metric="cosine").fit(vectors).kneighbors(vector[None])
    )
    return [(int(row), float(1 - distance)) for row, distance in zip(rows[0], distances[0], strict=True)]


def _accuracy(confusion: np.ndarray) -> np.ndarray:
    return np.trace(confusion, axis1=-2, axis2=-1) / confusion.sum(axis=(-2, -1))


def _macro_f1(confusion: np.ndarray) -> np.ndarray:
    """Mean F1 over labels; a label neither present nor predicted counts 0, as in scikit-learn."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    both = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    return (2 * hits / np.maximum(both, 1)).mean(axis=-1)

"""A classifier on frozen vectors: one linear layer with softmax, on BERT, on GloVe means or on TF-IDF.

Read top to bottom: texts become vectors, vectors and labels become a layer, the layer is measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import pandas as pd
import scipy.sparse
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from viz.classify.datasets import SPLITS, Dataset
from viz.classify.scores import Score, measure, neighbour_agreement
from viz.classify.vectors import Splits
from viz.kit.projection import aligned_pca

STRENGTHS = (0.003, 0.03, 0.3, 3.0)  # C of scikit-learn, small means strongly regularised; dev picks one


@dataclass(frozen=True)
class Softmax:
    """One linear layer with softmax: ``logits = weight · ((x - mean) / scale) + bias``.

    ``weight`` is ``(labels, features)``; ``mean`` and ``scale`` are ``(features,)``.
    """

    weight: np.ndarray
    bias: np.ndarray
    mean: np.ndarray
    scale: np.ndarray

    def contributions(self, vector: np.ndarray) -> np.ndarray:
        """What each feature of ``(features,)`` adds to each label's logit: ``(labels, features)``."""
        return self.weight * ((vector - self.mean) / self.scale)


@dataclass(frozen=True)
class Fit:
    """A trained classifier and what it says: probabilities are ``(texts, labels)``."""

    labels: tuple[str, ...]
    strength: float
    dev_accuracy: float
    score: Score
    dev: np.ndarray
    test: np.ndarray
    layer: Softmax | None  # None for sparse features, which are not standardised


def fit(features: Splits, data: Dataset, strengths: Sequence[float] = STRENGTHS) -> Fit:
    """Train a softmax layer on the train split, choose its regularisation on dev, measure once on test.

    Dense features are standardised with the train split's mean and deviation. Ties on dev go to the stronger
    regularisation.
    """
    truth = {split: np.array(data.split(split)[1]) for split in SPLITS}
    dense = not scipy.sparse.issparse(features["train"])
    scaler = StandardScaler().fit(features["train"]) if dense else None
    scaled = {split: x if scaler is None else scaler.transform(x) for split, x in features.items()}
    tried = []
    for strength in strengths:
        # counts need less: their rows have length 1, standardised ones a length of about √features
        model = _logistic(strength if dense else 100 * strength, scaled["train"], truth["train"])
        tried.append((model.score(scaled["dev"], truth["dev"]), strength, model))
    accuracy, strength, model = max(tried, key=itemgetter(0))  # the first of the best
    probabilities = {split: model.predict_proba(scaled[split]) for split in ("dev", "test")}
    layer = None
    if scaler is not None:
        weight, bias = _as_softmax(model)
        layer = Softmax(weight, bias, scaler.mean_, scaler.scale_)
    score = measure(truth["test"], probabilities["test"].argmax(axis=1), len(data.labels))
    return Fit(data.labels, strength, accuracy, score, probabilities["dev"], probabilities["test"], layer)


def softmax_layer(x: np.ndarray, y: Sequence[int], strength: float) -> Softmax:
    """A layer trained on dense ``(texts, features)`` with one given regularisation."""
    scaler = StandardScaler().fit(x)
    weight, bias = _as_softmax(_logistic(strength, scaler.transform(x), y))
    return Softmax(weight, bias, scaler.mean_, scaler.scale_)


def learning_curve(
    features: Mapping[str, Splits], data: Dataset, strengths: Mapping[str, float], repeats: int = 3, seed: int = 0
) -> pd.DataFrame:
    """Test accuracy against the number of training texts, regularised as each kind was with all of them.

    Args:
        features: name of a kind of features to its splits.
        repeats: random subsets of each size, the same for every kind; the whole set needs one.

    Returns:
        Columns kind, texts, accuracy (mean over subsets), low and high (over subsets).
    """
    rng = np.random.default_rng(seed)
    truth = {split: np.array(data.split(split)[1]) for split in ("train", "test")}
    total = len(data.train)
    sizes = [n for n in (10, 20, 40, 80, 160, 320, 640, 1280, 2560) if 2 * len(data.labels) <= n < total] + [total]
    subsets = [_subset(truth["train"], size, rng) for size in sizes for _ in range(repeats if size < total else 1)]
    rows = []
    for kind, splits in features.items():
        dense = not scipy.sparse.issparse(splits["train"])
        for chosen in subsets:
            x, test = splits["train"][chosen], splits["test"]
            if dense:
                scaler = StandardScaler().fit(x)
                x, test = scaler.transform(x), scaler.transform(test)
            model = _logistic(strengths[kind] * (1 if dense else 100), x, truth["train"][chosen])
            rows.append((kind, len(chosen), model.score(test, truth["test"])))
    table = pd.DataFrame(rows, columns=["kind", "texts", "accuracy"])
    grouped = table.groupby(["kind", "texts"], sort=False)["accuracy"].agg(["mean", "min", "max"]).reset_index()
    return grouped.set_axis(["kind", "texts", "accuracy", "low", "high"], axis=1)


def untaught_map(features: Splits, data: Dataset) -> tuple[np.ndarray, float]:
    """Train and dev texts on their best plane ``(texts, 2)``, and ``neighbour_agreement`` of the whole vectors."""
    vectors = np.concatenate([features["train"], features["dev"]])
    truth = data.split("train")[1] + data.split("dev")[1]
    return aligned_pca(vectors[:, None]).points[0], neighbour_agreement(vectors, truth)


def _logistic(strength: float, x, y) -> LogisticRegression:
    return LogisticRegression(C=strength, max_iter=2000).fit(x, y)


def _as_softmax(model: LogisticRegression) -> tuple[np.ndarray, np.ndarray]:
    """Weights a label. For two labels scikit-learn keeps one row w; softmax over (-w/2, w/2) says the same."""
    if len(model.classes_) > 2:
        return model.coef_, model.intercept_
    return np.vstack([-model.coef_, model.coef_]) / 2, np.concatenate([-model.intercept_, model.intercept_]) / 2


def _subset(truth: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Random rows, each label at least once."""
    order = rng.permutation(len(truth))
    _, first = np.unique(truth[order], return_index=True)
    rest = np.delete(order, first)
    return np.concatenate([order[first], rest])[:size]

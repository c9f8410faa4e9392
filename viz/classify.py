"""A classifier on frozen vectors: one linear layer with softmax, on BERT, on GloVe means or on TF-IDF.

Read top to bottom: texts become vectors, vectors and labels become a layer, the layer is measured.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse
from cachetools import LRUCache
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from viz.datasets import SPLITS, Dataset
from viz.kit.projection import aligned_pca
from viz.model.base import Model
from viz.model.encoding import WORD
from viz.model.layers import select
from viz.words.static import StaticVectors

POOLINGS = ("cls", "mean")
MAX_TOKENS = 128  # of a text; what lies beyond is not read
STRENGTHS = (0.003, 0.03, 0.3, 3.0)  # C of scikit-learn, small means strongly regularised; dev picks one
RESAMPLES = 2_000
CHUNK = 32  # texts between two reports of progress

Splits = Mapping[str, np.ndarray | scipy.sparse.spmatrix]  # "train", "dev", "test": (texts, features)


class TextStates:
    """Every layer's [CLS] and mean vector of recent texts, for one model, shared by the host.

    ``limit`` is in bytes; the default holds the largest upload even for a BERT LARGE (200 KB a text).
    """

    def __init__(self, model: Model, limit: int = 640 * 2**20):
        self.model = model
        self._cache: LRUCache[str, np.ndarray] = LRUCache(limit, getsizeof=lambda states: states.nbytes)
        self._lock = threading.Lock()
        self._reading = threading.Lock()

    def prepare(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> None:
        """Run the texts that were not seen lately through the model, long ones together.

        What is done stays done if the caller gives up half-way.

        Args:
            progress: called with (texts done, texts to do), if there are any to do.
        """
        with self._lock:
            # a full order, so that visitors who come at different moments cut the same chunks
            missing = sorted({text for text in texts if text not in self._cache}, key=lambda text: (len(text), text))
        for at in range(0, len(missing), CHUNK):
            with self._reading:  # a whole class opens the page at once: each chunk is read by one of them, for all
                with self._lock:
                    chunk = [text for text in missing[at : at + CHUNK] if text not in self._cache]
                if chunk:
                    self._read(chunk)
            if progress:
                progress(min(at + CHUNK, len(missing)), len(missing))

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """States of each text: float32 ``(texts, 2, layers + 1, hidden)``; along axis 1 the [CLS] and the mean.

        The mean leaves special tokens out.
        """
        with self._lock:
            known = {text: self._cache[text] for text in set(texts) if text in self._cache}
        missing = sorted({text for text in texts if text not in known}, key=len)
        for at in range(0, len(missing), CHUNK):
            known |= self._read(missing[at : at + CHUNK])
        return np.stack([known[text] for text in texts])

    def _read(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        found = {}
        for encoding in self.model.encode(texts, attentions=False, max_tokens=MAX_TOKENS):
            plain = ~np.array(encoding.special)  # (tokens,)
            states = np.stack([encoding.hidden_states[:, 0], encoding.hidden_states[:, plain].mean(axis=1)])
            found[encoding.text] = states  # (2, layers + 1, hidden)
        with self._lock:
            self._cache.update(found)
        return found


def bert_features(states: TextStates, data: Dataset, pooling: str, option: str | int) -> Splits:
    """One vector a text from frozen BERT: ``pooling`` is "cls" or "mean", ``option`` as in ``viz.features.select``."""
    found = states([text for text, _ in data.rows])  # (texts, 2, layers + 1, hidden)
    vectors = select(found[:, POOLINGS.index(pooling)], option)  # (texts, features)
    cuts = np.cumsum([len(data.train), len(data.dev)])
    return dict(zip(SPLITS, np.split(vectors, cuts), strict=True))


def glove_features(static: StaticVectors, data: Dataset) -> Splits:
    """The mean of the static vectors of a text's words; words out of the vocabulary are left out."""
    return {split: np.stack([_glove_mean(static, text) for text, _ in getattr(data, split)]) for split in SPLITS}


def tfidf_features(data: Dataset) -> Splits:
    """Weighted counts of words and word pairs, learnt from the train split alone."""
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b|[!?¡¿%$€]")
    vectorizer.fit([text for text, _ in data.train])
    return {split: vectorizer.transform([text for text, _ in getattr(data, split)]) for split in SPLITS}


def _glove_mean(static: StaticVectors, text: str) -> np.ndarray:
    words = [word for word in WORD.findall(text) if word in static]
    if not words:
        return np.zeros(static.matrix.shape[1], dtype=np.float32)
    return np.mean([static[word] for word in words], axis=0)


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
class Score:
    """Test figures with a 95 % bootstrap interval. ``confusion[true, predicted]`` counts texts."""

    accuracy: float
    macro_f1: float
    accuracy_interval: tuple[float, float]
    f1_interval: tuple[float, float]
    confusion: np.ndarray


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
    scaled = {split: scaler.transform(x) if dense else x for split, x in features.items()}
    best = None
    for strength in strengths:
        # counts need less: their rows have length 1, standardised ones a length of about √features
        model = _logistic(strength if dense else 100 * strength, scaled["train"], truth["train"])
        accuracy = model.score(scaled["dev"], truth["dev"])
        if best is None or accuracy > best[0]:
            best = accuracy, strength, model
    accuracy, strength, model = best
    probabilities = {split: model.predict_proba(scaled[split]) for split in ("dev", "test")}
    layer = None
    if dense:
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


def untaught_map(features: Splits, data: Dataset) -> tuple[np.ndarray, float]:
    """Train and dev texts on their best plane ``(texts, 2)``, and ``neighbour_agreement`` of the whole vectors."""
    vectors = np.concatenate([features["train"], features["dev"]])
    truth = data.split("train")[1] + data.split("dev")[1]
    return aligned_pca(vectors[:, None]).points[0], neighbour_agreement(vectors, truth)


def neighbour_agreement(vectors: np.ndarray, labels: Sequence[int]) -> float:
    """Share of texts whose nearest other text (cosine) has the same label: order that nobody taught. 0 to 1."""
    labels = np.asarray(labels)
    _, rows = NearestNeighbors(n_neighbors=2, metric="cosine").fit(vectors).kneighbors(vectors)
    other = np.where(rows[:, 0] == np.arange(len(rows)), rows[:, 1], rows[:, 0])
    return float((labels[other] == labels).mean())


def nearest(vectors: np.ndarray, vector: np.ndarray, k: int = 5) -> list[tuple[int, float]]:
    """Rows of ``(texts, features)`` of highest cosine with ``(features,)``, and that cosine."""
    distances, rows = (
        NearestNeighbors(n_neighbors=min(k, len(vectors)), metric="cosine").fit(vectors).kneighbors(vector[None])
    )
    return [(int(row), float(1 - distance)) for row, distance in zip(rows[0], distances[0], strict=True)]


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


def _accuracy(confusion: np.ndarray) -> np.ndarray:
    return np.trace(confusion, axis1=-2, axis2=-1) / confusion.sum(axis=(-2, -1))


def _macro_f1(confusion: np.ndarray) -> np.ndarray:
    """Mean F1 over labels; a label neither present nor predicted counts 0, as in scikit-learn."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    both = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    return (2 * hits / np.maximum(both, 1)).mean(axis=-1)

"""The six options of Table 7 on the learner's questions: which keeps senses apart, which classifies."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from viz.classify.datasets import SPLITS, Dataset
from viz.classify.softmax import Fit, fit
from viz.context.lessons import Lesson
from viz.context.occurrences import find_occurrences
from viz.context.senses import Separation, added_by_context, separation
from viz.features.layer_weights import learn
from viz.kit.errors import Problem
from viz.kit.paths import EMBEDDED, MODELS
from viz.kit.projection import cosine_matrix
from viz.model.layers import OPTIONS, select
from viz.model.store import Store

SUMS = {"sum_all": slice(1, None), "sum_last4": slice(-4, None)}  # the layers that each weighted sum takes
FEATURES = MODELS / EMBEDDED / "features.json"  # written by python -m benchmarks.features
PAPER_FINE_TUNED = 96.4  # dev F1 of the whole BERT BASE fine-tuned (Devlin et al. 2019, Table 7)
FOLD = 2

Weights = Mapping[str, np.ndarray]  # option id to the weights of its layers


@dataclass(frozen=True, eq=False)
class WordSenses:
    """A lesson word: its states ``(occurrences, layers + 1, hidden)`` and the sense of each occurrence."""

    word: str
    states: np.ndarray
    senses: tuple[str, ...]


def word_senses(store: Store, lesson: Lesson) -> WordSenses:
    """Encode a lesson's sentences, in one batch, and keep the word's vectors."""
    occurrences, _ = find_occurrences(lesson.rows, lesson.word)
    encodings = store.encode([o.text for o in occurrences])
    states = np.stack([e.pool(e.word_at(o.start, o.end)) for e, o in zip(encodings, occurrences, strict=True)])
    return WordSenses(lesson.word, states, tuple(o.sense for o in occurrences))


def sense_scores(found: WordSenses, weights: Weights | None = None) -> dict[str, Separation]:
    """How far what context adds keeps a word's senses apart, by option id; equal weights where none are given."""
    weights = weights or {}
    vectors = {option.id: select(found.states, option.id, weights.get(option.id)) for option in OPTIONS}
    return {name: separation(cosine_matrix(added_by_context(x)), found.senses) for name, x in vectors.items()}


@dataclass(frozen=True, eq=False)
class SenseStudy:
    """Several words at once.

    Attributes:
        words: how many, and ``occurrences`` in all.
        equal: mean nearest-neighbour accuracy over words by option, sums with equal weights.
        learned: the same with the weights that the other half of the words taught (the sums alone).
        chance: what a space that knows nothing would get.
        weights: ``(layers,)`` of the sum of all layers, learned from all the words.
    """

    words: int
    occurrences: int
    equal: dict[str, float]
    learned: dict[str, float]
    chance: float
    weights: np.ndarray


def study_senses(words: Sequence[WordSenses]) -> SenseStudy:
    """Measure all options over words; weights are never judged on words that taught them."""
    measured = [sense_scores(word) for word in words]
    taught = [_teach([words[n] for n in range(len(words)) if n % FOLD != fold]) for fold in range(FOLD)]
    judged = [sense_scores(word, taught[n % FOLD]) for n, word in enumerate(words)]
    return SenseStudy(
        words=len(words),
        occurrences=sum(len(word.senses) for word in words),
        equal={o.id: float(np.mean([scores[o.id].accuracy for scores in measured])) for o in OPTIONS},
        learned={name: float(np.mean([scores[name].accuracy for scores in judged])) for name in SUMS},
        chance=float(np.mean([scores["last"].chance for scores in measured])),
        weights=_teach(words)["sum_all"],
    )


def _teach(words: Sequence[WordSenses]) -> dict[str, np.ndarray]:
    return {
        name: learn([(word.states[:, layers], word.senses) for word in words]).weights for name, layers in SUMS.items()
    }


@dataclass(frozen=True, eq=False)
class TextStudy:
    """Classifiers by option, and the weights ``(layers,)`` that the sum of all layers learned on the train split."""

    fits: dict[str, Fit]
    weights: np.ndarray


def study_texts(states: np.ndarray, data: Dataset) -> TextStudy:
    """A softmax layer on each option's vectors, the sums weighted as the train split teaches.

    Args:
        states: ``(texts, layers + 1, hidden)`` in the order of ``data.rows``.
    """
    cuts = np.cumsum([len(data.train), len(data.dev)])
    train = states[: cuts[0]]
    labels = [label for _, label in data.train]
    weights = {name: learn([(train[:, layers], labels)]).weights for name, layers in SUMS.items()}
    fits = {}
    for option in OPTIONS:
        vectors = select(states, option.id, weights.get(option.id))  # (texts, features)
        fits[option.id] = fit(dict(zip(SPLITS, np.split(vectors, cuts), strict=True)), data, strengths=(0.003, 0.03))
    return TextStudy(fits, weights["sum_all"])


def shorten(data: Dataset, most: int) -> Dataset:
    """The same set with at most ``most`` texts, taken evenly from every split."""
    share = min(1.0, most / len(data.rows))

    def evenly(rows: tuple) -> tuple:
        return tuple(rows[int(n / share)] for n in range(int(len(rows) * share)))

    return Dataset(data.name, data.language, evenly(data.train), evenly(data.dev), evenly(data.test))


def load_features(path: Path = FEATURES) -> dict:
    """What ``python -m benchmarks.features`` measured on the embedded model.

    Raises:
        Problem: it was not run on this model.
    """
    if not path.is_file():
        raise Problem(
            "Falta la tabla de etiquetado de este modelo: la hace «{command}».", command="python -m benchmarks.features"
        )
    return json.loads(path.read_text("utf-8"))


def rank_agreement(ours: Mapping[str, float]) -> float | None:
    """Spearman correlation, −1 to 1, between our six figures and the paper's; None if ours are all equal."""
    from scipy.stats import spearmanr

    if len(set(ours.values())) == 1:
        return None
    return float(spearmanr([ours[o.id] for o in OPTIONS], [o.paper_f1 for o in OPTIONS]).statistic)

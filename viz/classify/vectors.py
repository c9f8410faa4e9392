"""A text as a vector: from BERT, from GloVe, from word counts."""

from collections.abc import Mapping

import numpy as np
import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from viz.classify.datasets import SPLITS, Dataset
from viz.classify.states import POOLINGS, TextStates
from viz.model.encoding import WORD
from viz.model.layers import select
from viz.words.static import StaticVectors

Splits = Mapping[str, np.ndarray | scipy.sparse.spmatrix]  # "train", "dev", "test": (texts, features)


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

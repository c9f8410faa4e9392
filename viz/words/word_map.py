"""A list of words on a plane: PCA, or t-SNE on request."""

from collections.abc import Sequence

import numpy as np
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from viz.kit.errors import Problem
from viz.words.static import StaticVectors

MAX_POINTS = 300


def pca_map(vectors: StaticVectors, words: Sequence[str]) -> tuple[np.ndarray, float]:
    """The plane that keeps most variance of the unit vectors: points ``(words, 2)``, and the share kept, 0 to 1.

    Raises:
        Problem: fewer than three words, more than 300, one is not in the vocabulary, or all have one vector.
    """
    rows = _unit(vectors, words)
    fitted = PCA(2, svd_solver="full").fit(rows)  # "full" fixes the signs, so that a map never mirrors itself
    return fitted.transform(rows), float(fitted.explained_variance_ratio_.sum())


def tsne_map(vectors: StaticVectors, words: Sequence[str]) -> np.ndarray:
    """Points ``(words, 2)`` whose neighbourhoods resemble those of the words (van der Maaten & Hinton 2008).

    Only who is near whom means something: distances between groups, and their sizes, do not.

    Raises:
        Problem: as ``pca_map``.
    """
    from sklearn.manifold import TSNE

    rows = _unit(vectors, words)
    found = TSNE(
        2,
        metric="cosine",
        perplexity=min(30.0, (len(rows) - 1) / 3),
        init="pca",
        random_state=0,
        max_iter=500,
        method="exact",  # at this size faster than the tree of the approximate method
    )
    with threadpool_limits(1):  # threads cost more than they bring on so few points
        return found.fit_transform(rows)


def _unit(vectors: StaticVectors, words: Sequence[str]) -> np.ndarray:
    if not 3 <= len(words) <= MAX_POINTS:
        raise Problem(
            "Un mapa necesita de 3 a {limit} palabras con vector y aquí hay {n}.", n=len(words), limit=MAX_POINTS
        )
    rows = vectors.unit[[vectors.row(word) for word in words]]  # (words, dimensions)
    if np.ptp(rows, axis=0).max() < 1e-6:
        raise Problem("Todas las palabras elegidas tienen el mismo vector: no hay mapa que dibujar.")
    return rows

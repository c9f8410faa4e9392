"""Many dimensions on a plane, so that the same point can be followed from layer to layer."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import orthogonal_procrustes
from sklearn.decomposition import PCA


@dataclass(frozen=True)
class Projection:
    """Points of every layer on comparable axes.

    ``points`` is ``(layers, items, dimensions)``; ``explained`` is the share of each layer's variance, 0 to 1,
    that its picture keeps, ``(layers,)``.
    """

    points: np.ndarray
    explained: np.ndarray


def aligned_pca(states: np.ndarray, dimensions: int = 2) -> Projection:
    """The best plane of each layer, turned so that movement between layers means something.

    Each layer gets its own PCA (a common one would show only the layer with the largest norm), is scaled to unit
    spread, and is then rotated or mirrored (orthogonal Procrustes) onto the layer above it, from the last layer
    down. Distances within a layer are those of its PCA, up to the scale.

    Args:
        states: ``(items, layers, hidden)``.
        dimensions: 2 or 3.
    """
    items, layers, _ = states.shape
    points = np.zeros((layers, items, dimensions))
    explained = np.zeros(layers)
    for layer in range(layers):
        points[layer], explained[layer] = _pca(states[:, layer], dimensions)
    for layer in reversed(range(layers - 1)):
        turn, _ = orthogonal_procrustes(points[layer], points[layer + 1])  # (dimensions, dimensions)
        points[layer] = points[layer] @ turn
    return Projection(points, explained)


def _pca(vectors: np.ndarray, dimensions: int) -> tuple[np.ndarray, float]:
    """PCA of ``(items, hidden)`` scaled to unit spread; identical or single items fall on the origin."""
    vectors = vectors - vectors.mean(axis=0)
    points = np.zeros((len(vectors), dimensions))
    if len(vectors) < 2 or np.abs(vectors).max() < 1e-6:
        return points, 1.0
    pca = PCA(n_components=min(dimensions, *vectors.shape), svd_solver="full")  # "full" fixes the signs
    found = pca.fit_transform(vectors.astype(np.float64))
    points[:, : found.shape[1]] = found
    return points / np.sqrt((points**2).sum(axis=1).mean()), float(pca.explained_variance_ratio_.sum())


def cosine_matrix(vectors: np.ndarray) -> np.ndarray:
    """Cosine of every pair: ``(items, dimensions)`` to ``(items, items)``."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return np.clip(unit @ unit.T, -1, 1)

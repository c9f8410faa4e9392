"""Does a vector know the sense of a word? Occurrences in, states of every layer and honest numbers out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import silhouette_score

from viz.kit.projection import cosine_matrix

TIE = 1e-5  # cosines closer than this count as equal: identical static vectors differ by rounding


@dataclass(frozen=True)
class Separation:
    """How far a space keeps senses apart; None where it cannot be said (one sense, one sentence).

    Attributes:
        same: mean cosine of two occurrences of the same sense.
        different: mean cosine of two occurrences of different senses.
        baseline: mean cosine of two unrelated words, what "0" means in this space (Ethayarajh 2019).
        accuracy: share of occurrences whose nearest neighbour has their sense; ties count in part.
        chance: the same for a space that knows nothing.
        silhouette: −1 to 1, cosine distances (Rousseeuw 1987).
        occurrences: how many stand behind these numbers.
    """

    same: float | None
    different: float | None
    baseline: float
    accuracy: float | None
    chance: float | None
    silhouette: float | None
    occurrences: int

    @property
    def same_above(self) -> float | None:
        """``same`` over the baseline."""
        return None if self.same is None else self.same - self.baseline

    @property
    def different_above(self) -> float | None:
        """``different`` over the baseline."""
        return None if self.different is None else self.different - self.baseline


def added_by_context(vectors: np.ndarray) -> np.ndarray:
    """Occurrences of one word, ``(occurrences, dimensions)``, without their mean, which is what they all share.

    Below four occurrences there is no mean to speak of, and nothing is subtracted.
    """
    return vectors - vectors.mean(axis=0) if len(vectors) > 3 else vectors


def separation(
    cosines: np.ndarray, senses: Sequence[str], baseline: float = 0.0, compared: np.ndarray | None = None
) -> Separation:
    """Measure a cosine matrix ``(items, items)`` against the sense of each item.

    ``compared`` is another such matrix, of the same items, to find neighbours and silhouette in.
    """
    compared = cosines if compared is None else compared
    named = np.asarray(senses)
    n = len(named)
    others = ~np.eye(n, dtype=bool)
    alike = (named[:, None] == named[None, :]) & others
    unlike = (named[:, None] != named[None, :]) & others
    comparable = alike.any() and unlike.any()
    return Separation(
        same=float(cosines[alike].mean()) if alike.any() else None,
        different=float(cosines[unlike].mean()) if unlike.any() else None,
        baseline=baseline,
        accuracy=float(_neighbour_hits(compared, alike, others).mean()) if comparable else None,
        chance=float((alike.sum(axis=1) / (n - 1)).mean()) if comparable else None,
        silhouette=_silhouette(compared, named) if comparable else None,
        occurrences=n,
    )


def anisotropy(context: np.ndarray, sentence: np.ndarray) -> np.ndarray:
    """Mean cosine of words taken from different sentences, layer by layer: ``(layers + 1,)``.

    In BERT even unrelated words have cosines well above 0 (Ethayarajh 2019), so this is what a cosine has to
    beat before it means anything. ``context`` is ``(words, layers + 1, hidden)``.
    """
    apart = sentence[:, None] != sentence[None, :]
    if not apart.any():
        return np.zeros(context.shape[1])
    return np.array([cosine_matrix(context[:, layer])[apart].mean() for layer in range(context.shape[1])])


def discover(cosines: np.ndarray, most: int = 8) -> tuple[np.ndarray, float | None]:
    """Groups without labels: average-link clustering, their number chosen by silhouette.

    Returns:
        group of each item, ``(items,)``, numbered from 0 in order of first appearance, and the silhouette of the
        choice; one group and None below four items, or where the items are all alike.
    """
    n = len(cosines)
    distances = _distances(cosines)
    best, best_score = np.zeros(n, dtype=int), None
    if n < 4 or distances.max() < TIE:
        return best, None
    for count in range(2, min(most, n - 1) + 1):
        found = AgglomerativeClustering(count, metric="precomputed", linkage="average").fit_predict(distances)
        score = float(silhouette_score(distances, found, metric="precomputed"))
        if best_score is None or score > best_score:
            best, best_score = found, score
    order = {group: k for k, group in enumerate(dict.fromkeys(best.tolist()))}
    return np.array([order[group] for group in best.tolist()]), best_score


def _neighbour_hits(cosines: np.ndarray, alike: np.ndarray, others: np.ndarray) -> np.ndarray:
    """For each item, the share of its nearest neighbours (more than one on a tie) of its own sense: ``(items,)``."""
    best = np.where(others, cosines, -np.inf).max(axis=1, keepdims=True)
    nearest = others & (cosines >= best - TIE)
    return (nearest & alike).sum(axis=1) / nearest.sum(axis=1)


def _silhouette(cosines: np.ndarray, senses: np.ndarray) -> float | None:
    if not 2 <= len(set(senses.tolist())) <= len(senses) - 1:
        return None
    return float(silhouette_score(_distances(cosines), senses, metric="precomputed"))


def _distances(cosines: np.ndarray) -> np.ndarray:
    distances = np.maximum(1 - cosines, 0)
    distances[distances < TIE] = 0
    np.fill_diagonal(distances, 0)
    return distances

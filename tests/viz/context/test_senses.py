"""The figures of merit against scikit-learn and against spaces whose answer is known."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_score
from sklearn.neighbors import KNeighborsClassifier

from viz.context.senses import TIE, added_by_context, anisotropy, discover, separation
from viz.kit.projection import cosine_matrix

RNG = np.random.default_rng(0)
SENSES = ["a"] * 4 + ["b"] * 4 + ["c"] * 4


def blobs(spread: float) -> np.ndarray:
    """Three groups of four around far-apart directions, ``(12, 20)``."""
    centres = np.eye(20)[:3] * 5
    return np.repeat(centres, 4, axis=0) + spread * RNG.normal(size=(12, 20))


@pytest.mark.parametrize("spread", [0.1, 1.0, 3.0])
def test_equals_scikit_learn(spread):
    vectors = blobs(spread)
    found = separation(cosine_matrix(vectors), SENSES)
    assert found.silhouette == pytest.approx(silhouette_score(vectors, SENSES, metric="cosine"), abs=1e-4)
    hits = []
    for i in range(12):
        rest = [j for j in range(12) if j != i]
        knn = KNeighborsClassifier(1, metric="cosine").fit(vectors[rest], np.array(SENSES)[rest])
        hits.append(knn.predict(vectors[[i]])[0] == SENSES[i])
    assert found.accuracy == pytest.approx(np.mean(hits))


def test_identical_vectors_know_nothing():
    found = separation(
        cosine_matrix(np.tile(RNG.normal(size=(1, 50)), (12, 1)).astype(np.float16).astype(np.float32)), SENSES
    )
    assert found.same == pytest.approx(1) and found.different == pytest.approx(1)
    assert found.accuracy == pytest.approx(found.chance) == pytest.approx(3 / 11)
    assert found.silhouette == 0


def test_well_separated_senses_are_found():
    found = separation(cosine_matrix(blobs(0.1)), SENSES)
    assert found.accuracy == 1 and found.silhouette > 0.9 and found.same > 0.9 > found.different
    groups, score = discover(cosine_matrix(blobs(0.1)))
    assert groups.tolist() == [0] * 4 + [1] * 4 + [2] * 4 and score > 0.9


@pytest.mark.parametrize("senses", [["a"], ["a", "a"], ["a", "b"]])
def test_too_little_to_say_is_none(senses):
    found = separation(cosine_matrix(RNG.normal(size=(len(senses), 5))), senses)
    assert found.accuracy is None and found.silhouette is None and found.occurrences == len(senses)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_items_are_one_group(n):
    assert discover(cosine_matrix(RNG.normal(size=(n, 5))))[0].tolist() == [0] * n


def test_anisotropy_is_the_mean_cosine_between_sentences():
    context = RNG.normal(size=(6, 2, 8)) + 1
    sentence = np.array([0, 0, 1, 1, 2, 2])
    pairs = [(i, j) for i in range(6) for j in range(6) if sentence[i] != sentence[j]]
    by_hand = [np.mean([cosine(context[i, layer], context[j, layer]) for i, j in pairs]) for layer in range(2)]
    assert np.allclose(anisotropy(context, sentence), by_hand)
    assert anisotropy(context[:2], sentence[:2]).tolist() == [0, 0]


def cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def turned(*degrees: float) -> np.ndarray:
    """Cosines of directions in the plane."""
    return cosine_matrix(np.array([[np.cos(x), np.sin(x)] for x in np.radians(degrees)]))


def test_neighbours_as_near_as_the_nearest_count_with_it():
    """0° has -10° (its sense) and 10° (another's) equally near: half a hit. The others have one nearest, or both."""
    found = separation(turned(0, -10, 10), ["a", "a", "b"])
    assert found.accuracy == pytest.approx((0.5 + 1 + 0) / 3)
    exact = np.array([[1, 0.5, 0.5], [0.5, 1, 0.25], [0.5, 0.25, 1]])  # no rounding: a tie that is one
    assert separation(exact, ["a", "a", "b"]).accuracy == pytest.approx((0.5 + 1 + 0) / 3)
    almost = exact.copy()
    almost[0, 2] = 0.5 - TIE  # the very edge of what counts as equal
    assert separation(almost, ["a", "a", "b"]).accuracy == pytest.approx((0.5 + 1 + 0) / 3)


@pytest.mark.parametrize(("items", "mean"), [(3, False), (4, True), (9, True)])
def test_a_mean_is_taken_away_from_four_on(items, mean):
    vectors = RNG.normal(size=(items, 5))
    assert np.allclose(added_by_context(vectors), vectors - vectors.mean(axis=0) if mean else vectors)

import numpy as np
import pytest
from sklearn.decomposition import PCA

from viz.kit.projection import aligned_pca

STATES = np.random.default_rng(0).normal(size=(20, 5, 12))


@pytest.mark.parametrize("dimensions", [2, 3])
def test_each_layer_is_its_pca_up_to_rotation_and_scale(dimensions):
    found = aligned_pca(STATES, dimensions)
    assert found.points.shape == (5, 20, dimensions)
    for layer in range(5):
        pca = PCA(dimensions).fit(STATES[:, layer])
        flat = pca.transform(STATES[:, layer])
        a, b = (np.linalg.norm(p[:, None] - p[None], axis=-1) for p in (found.points[layer], flat))
        assert np.allclose(a / a.mean(), b / b.mean())
        assert found.explained[layer] == pytest.approx(pca.explained_variance_ratio_.sum())


def test_a_turned_copy_of_a_layer_does_not_move():
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(12, 12)))
    states = np.stack([STATES[:, 0] @ turn * 7, STATES[:, 0]], axis=1)
    points = aligned_pca(states).points
    assert np.allclose(points[0], points[1], atol=1e-6)


def test_same_input_same_picture():
    assert np.array_equal(aligned_pca(STATES).points, aligned_pca(STATES.copy()).points)


@pytest.mark.parametrize("states", [np.ones((1, 3, 4)), np.ones((6, 3, 4)), np.eye(2)[:, None].repeat(3, 1)])
def test_degenerate_inputs_give_finite_points(states):
    assert np.isfinite(aligned_pca(states, 3).points).all()


def test_each_layer_is_turned_onto_the_next_as_svd_does_it():
    """Orthogonal Procrustes written out: U V' of the product of both."""
    points = aligned_pca(STATES, 3).points
    for layer in range(4):
        alone = aligned_pca(STATES[:, [layer]], 3).points[0]
        u, _, vt = np.linalg.svd(alone.T @ points[layer + 1])
        np.testing.assert_allclose(points[layer], alone @ u @ vt, atol=1e-9)

"""The folder opens with plain numpy and knows the chapter's analogies; worked cases for the trainer."""

import lzma
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "models" / "glove-es"


@pytest.fixture(scope="module")
def vocabulary():
    return (FOLDER / "vocab.txt").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def vectors():
    return np.load(FOLDER / "vectors.npy", mmap_mode="r", allow_pickle=False)


def test_folder_shapes(vocabulary, vectors):
    assert vectors.dtype == np.float16
    assert vectors.shape == (len(vocabulary), 200)
    assert len(vocabulary) >= 60_000
    assert np.isfinite(vectors).all()
    assert (np.abs(vectors).max(axis=1) > 0).all()
    assert (FOLDER / "vectors.npy").stat().st_size <= 30_000_000


def test_vocabulary(vocabulary):
    assert len(set(vocabulary)) == len(vocabulary)
    assert all(word and word == word.lower().strip() for word in vocabulary)
    assert vocabulary.index("de") < 5 and vocabulary.index("de") < vocabulary.index("palo")
    lesson = "palo palos banco gato mástil golf suecia cairo egipto año niño corazón vergüenza tenía"
    assert set(lesson.split()) <= set(vocabulary)


@pytest.mark.parametrize("a, b, c, d", [("tengo", "tenía", "es", "era"), ("hombre", "rey", "mujer", "reina")])
def test_chapter_analogies(vocabulary, vectors, a, b, c, d):
    index = {word: i for i, word in enumerate(vocabulary)}
    unit = vectors.astype(np.float32)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    scores = unit @ (unit[index[b]] - unit[index[a]] + unit[index[c]])
    scores[[index[a], index[b], index[c]]] = -np.inf
    assert vocabulary[scores.argmax()] == d


@pytest.fixture(scope="module")
def glove():
    pytest.importorskip("numba", reason="training needs training/requirements.txt")
    from training.glove import run

    return run


def test_tokenize(glove):
    line = "¡El PINGÜINO Núñez-Díaz cogió 2 palos! O’Donnell: https://example.org/x?y=1 «soñó»"
    assert glove.tokenize(line) == "el pingüino núñez díaz cogió 2 palos o'donnell soñó".split()
    assert glove.tokenize("an\u0303o") == ["año"]  # the combining tilde becomes one letter


def test_cooccurrence_worked_example(glove):
    # Two lines, "a b c a" and "b ? c" (? out of vocabulary); the second counts double; window 2.
    ids = np.array([0, 1, 2, 0, -1, 1, -2, 2, -1], np.int32)
    weights = np.array([1, 1, 1, 1, 1, 2, 2, 2, 2], np.float32)
    expected = [
        [0, 1 + 1 / 2, 1 / 2 + 1],  # a-b at 1 and 2, a-c at 2 and 1; a-a is 3 apart
        [1 + 1 / 2, 0, 1 + 2 / 2],  # b-c at 1, and at 2 in the doubled line
        [1 / 2 + 1, 1 + 2 / 2, 0],
    ]
    for rows in (1, 2, 8):
        row, column, value = glove.cooccurrence(ids, weights, 3, window=2, rows=rows)
        dense = np.zeros((3, 3))
        dense[row, column] = value
        np.testing.assert_allclose(dense, expected)


def test_first_step_is_the_gradient_of_equation_8(glove):
    value, x_max, alpha, rate = np.array([3.0], np.float32), 10.0, 0.75, 0.05
    cell = np.array([0], np.int32), np.array([1], np.int32), value
    before = glove.fit(*cell, 2, 4, x_max, alpha, 0, rate, 1, 7, log=lambda *a, **k: None)
    after = glove.fit(*cell, 2, 4, x_max, alpha, 1, rate, 1, 7, log=lambda *a, **k: None)
    w, c, bw, bc, _ = before
    f = (3 / 10) ** 0.75
    error = w[0] @ c[1] + bw[0] + bc[1] - np.log(3)
    np.testing.assert_allclose(after[4], [f * error**2], rtol=1e-5)
    np.testing.assert_allclose(after[0][0], w[0] - rate * f * error * c[1], rtol=1e-4)
    np.testing.assert_allclose(after[1][1], c[1] - rate * f * error * w[0], rtol=1e-4)
    np.testing.assert_allclose(after[2][0], bw[0] - rate * f * error, rtol=1e-4)
    assert (after[0][1] == w[1]).all() and (after[1][0] == c[0]).all()  # the other words did not move


def test_fit_recovers_a_matrix_it_can_express(glove):
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(2, 30, 3))
    value = np.exp(left @ right.T).astype(np.float32)
    row, column = (a.ravel().astype(np.int32) for a in np.indices(value.shape))
    cells = glove.shuffle_in_tiles(row, column, value.ravel(), 30, seed=1, tile=8)
    assert sorted(zip(cells[0], cells[1], strict=True)) == sorted(zip(row, column, strict=True))
    w, c, bw, bc, losses = glove.fit(*cells, 30, 3, 1.0, 0.75, 400, 0.05, 1, 1, log=lambda *a, **k: None)
    assert losses[-1] < 0.02 * losses[0]
    error = w @ c.T + bw[:, None] + bc - np.log(value)
    assert np.abs(error[value > 1]).mean() < 0.2


def test_sum_aligned_undoes_a_rotation(glove):
    rng = np.random.default_rng(0)
    w = rng.normal(size=(50, 6))
    rotation, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    np.testing.assert_allclose(glove.sum_aligned(w, w @ rotation), 2 * w, atol=1e-9)


def test_sources_lose_copies_and_are_capped(glove, tmp_path):
    lines = [f"esta es la línea número {i} de la prueba" for i in range(400)] + ["sí señor", "sí señor"]
    path = tmp_path / "es.txt.xz"
    path.write_bytes(lzma.compress("\n".join(lines + lines[:400]).encode()))
    lines = glove.read_lines(path)
    everything = list(glove.choose(lines, None, set(), 0))
    assert len(everything) == 402  # long copies once, the short line each time
    capped = sum(map(len, glove.choose(lines, 2, set(), 0)))
    assert 1200 < capped < 2800

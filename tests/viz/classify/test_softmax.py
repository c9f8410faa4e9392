"""Features and the softmax layer against scikit-learn and arithmetic done by hand."""

import threading

import numpy as np
import pytest
import scipy.sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

from tests.small import small_bert, small_data
from viz.classify.classifier import Frozen
from viz.classify.datasets import Dataset
from viz.classify.scores import difference, measure, nearest, neighbour_agreement, threshold_table
from viz.classify.softmax import fit, learning_curve, untaught_map
from viz.classify.states import TextStates
from viz.classify.vectors import bert_features, glove_features, tfidf_features
from viz.words.static import StaticVectors


@pytest.fixture(scope="module")
def states():
    return TextStates(small_bert())


def test_states_are_the_models_own(states):
    texts = ["Un libro.", "Otro libro mucho más largo que el primero."]
    found = states(texts)
    for text, row in zip(texts, found, strict=True):
        encoding = states.model.encode(text)[0]
        np.testing.assert_allclose(row[0], encoding.hidden_states[:, 0], atol=1e-5)
        np.testing.assert_allclose(row[1], encoding.hidden_states[:, 1:-1].mean(axis=1), atol=1e-5)


def test_a_text_is_read_once():
    states = TextStates(small_bert())
    done = []
    states.prepare([f"texto {n}" for n in range(70)], lambda *progress: done.append(progress))
    assert done == [(32, 70), (64, 70), (70, 70)]
    before = states.model.forwards
    states.prepare(["texto 1", "texto 2"])
    assert states(["texto 1", "texto 2"]).shape == (2, 2, 3, 32)
    assert states.model.forwards == before


def test_a_class_that_opens_at_once_reads_each_text_once():
    states, texts = TextStates(small_bert()), [f"texto {n}" for n in range(100)]
    visitors = [threading.Thread(target=states.prepare, args=(texts,)) for _ in range(5)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert states.model.forwards == 4


def test_glove_mean_by_hand():
    static = StaticVectors("g", ("uno", "dos"), np.array([[1.0, 0.0], [0.0, 3.0]], dtype=np.float32))
    data = Dataset("d", "es", (("Uno dos, zzz", "a"),), (("zzz", "a"),), (("dos dos uno", "b"),))
    found = glove_features(static, data)
    np.testing.assert_allclose(found["train"], [[0.5, 1.5]])
    np.testing.assert_allclose(found["dev"], [[0.0, 0.0]])
    np.testing.assert_allclose(found["test"], [[1 / 3, 2.0]])


def test_tfidf_learns_from_train_alone():
    data = Dataset("d", "es", (("casa azul", "a"), ("casa roja", "b")), (("perro", "a"),), (("casa gato", "b"),))
    found = tfidf_features(data)
    assert found["dev"].nnz == 0 and found["test"].nnz == 1


@pytest.mark.parametrize("labels", [2, 3])
def test_the_layer_gives_scikit_learns_probabilities(labels):
    rng = np.random.default_rng(0)
    truth = rng.integers(labels, size=90)
    x = rng.normal(size=(90, 5)) + truth[:, None]
    data = rows_of(truth)
    found = fit({"train": x[:30], "dev": x[30:60], "test": x[60:]}, data, strengths=[0.5])
    scaled = (x - x[:30].mean(axis=0)) / x[:30].std(axis=0)
    order = [data.labels.index(f"l{k}") for k in truth]
    oracle = LogisticRegression(C=0.5, max_iter=5000, tol=1e-8).fit(scaled[:30], order[:30])
    np.testing.assert_allclose(found.test, oracle.predict_proba(scaled[60:]), atol=1e-3)
    logits = np.stack([found.layer.contributions(row).sum(axis=1) for row in x[60:]]) + found.layer.bias
    ours = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(ours, found.test, atol=1e-6)


def rows_of(truth) -> Dataset:
    rows = [(f"texto {n}", f"l{k}") for n, k in enumerate(truth)]
    return Dataset("d", "es", tuple(rows[:30]), tuple(rows[30:60]), tuple(rows[60:]))


def test_regularisation_is_chosen_on_dev_not_on_test():
    rng = np.random.default_rng(1)
    truth = rng.integers(2, size=90)
    x = rng.normal(size=(90, 40)) + 0.4 * truth[:, None]
    splits = {"train": x[:30], "dev": x[30:60], "test": x[60:]}
    chosen = fit(splits, rows_of(truth), strengths=[0.001, 1.0, 100.0])
    alone = [fit(splits, rows_of(truth), strengths=[s]) for s in (0.001, 1.0, 100.0)]
    assert chosen.dev_accuracy == max(a.dev_accuracy for a in alone)
    assert chosen.strength == next(a.strength for a in alone if a.dev_accuracy == chosen.dev_accuracy)


def test_a_classifier_that_learns(states):
    data = small_data()
    found = fit(bert_features(states, data, "cls", "last"), data)
    assert found.score.accuracy >= 0.9
    assert fit(tfidf_features(data), data).score.accuracy >= 0.9
    classifier = Frozen(states, "cls", "last", found.layer, data.labels)
    np.testing.assert_allclose(classifier.read(data.split("test")[0]).probabilities, found.test, atol=1e-5)


def test_scores_against_scikit_learn():
    rng = np.random.default_rng(0)
    truth, said = rng.integers(3, size=200), rng.integers(3, size=200)
    said[:120] = truth[:120]
    score = measure(truth, said, 3)
    assert score.accuracy == pytest.approx(accuracy_score(truth, said))
    assert score.macro_f1 == pytest.approx(f1_score(truth, said, average="macro"))
    np.testing.assert_array_equal(score.confusion, confusion_matrix(truth, said))
    slow = [accuracy_score(truth[i], said[i]) for i in rng.integers(200, size=(1500, 200))]
    np.testing.assert_allclose(score.accuracy_interval, np.quantile(slow, (0.025, 0.975)), atol=0.012)
    assert score.f1_interval[0] < score.macro_f1 < score.f1_interval[1]


def test_paired_difference():
    truth = np.zeros(100, dtype=int)
    better, worse = truth.copy(), truth.copy()
    better[:5], worse[:15] = 1, 1
    gain, low, high = difference(truth, better, worse)
    assert gain == pytest.approx(0.10)
    assert low == pytest.approx(0.10 - 1.96 * np.sqrt(0.1 * 0.9 / 100), abs=0.015)
    assert high == pytest.approx(0.10 + 1.96 * np.sqrt(0.1 * 0.9 / 100), abs=0.015)
    assert difference(truth, worse, worse) == (0.0, 0.0, 0.0)


def test_thresholds_against_scikit_learn():
    rng = np.random.default_rng(0)
    truth = rng.random(80) < 0.4
    scores = np.clip(rng.normal(0.3 + 0.4 * truth, 0.2), 0, 0.999)
    table = threshold_table(truth, scores)
    for row in (0, 30, 77):
        precision, recall, _, _ = precision_recall_fscore_support(truth, scores >= row / 100, average="binary")
        assert table["precision"][row] == pytest.approx(precision)
        assert table["recall"][row] == pytest.approx(recall)
    assert np.isnan(table["precision"][100]) and table["missed"][100] == truth.sum()


def test_learning_curve_covers_every_size():
    data = small_data()
    features = {"tfidf": tfidf_features(data)}
    curve = learning_curve(features, data, {"tfidf": 0.3}, repeats=2)
    assert curve["texts"].tolist() == [10, 20, 40, 64]
    full = fit(features["tfidf"], data, strengths=[0.3]).score.accuracy
    assert curve["accuracy"].iloc[-1] == pytest.approx(full)
    assert (curve["low"] <= curve["accuracy"]).all() and (curve["accuracy"] <= curve["high"]).all()


def test_neighbours():
    vectors = np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1.0]])
    assert neighbour_agreement(vectors, [0, 0, 1, 1]) == 1.0
    assert neighbour_agreement(vectors, [0, 1, 0, 1]) == 0.0
    assert neighbour_agreement(np.ones((3, 2)), [0, 0, 0]) == 1.0
    assert nearest(vectors, np.array([2.0, 0.0]), k=2)[0] == (0, pytest.approx(1.0))


def test_map_shows_train_and_dev(states):
    data = small_data()
    points, agreement = untaught_map(bert_features(states, data, "cls", 1), data)
    assert points.shape == (len(data.train) + len(data.dev), 2) and 0 <= agreement <= 1


def test_sparse_and_dense_agree_on_shape():
    found = tfidf_features(small_data())
    assert scipy.sparse.issparse(found["train"]) and found["train"].shape[0] == 64


def test_the_smallest_table_allowed_is_learnt_and_measured():
    """Labels of 6, 6, 6 and 30 texts: four of the six to learn from, one to choose with, one to measure on."""
    rng = np.random.default_rng(0)
    counts = {"a": (4, 1, 1), "b": (4, 1, 1), "c": (4, 1, 1), "d": (20, 5, 5)}
    rows = [tuple((f"{k}{n}", k) for k in counts for n in range(counts[k][split])) for split in range(3)]
    data = Dataset("mía", "es", *rows)
    centres = np.eye(4) * 5
    features = {
        split: np.stack([centres["abcd".index(label)] for _, label in part]) + rng.normal(size=(len(part), 4)) / 10
        for split, part in zip(("train", "dev", "test"), rows, strict=True)
    }
    found = fit(features, data)
    assert found.score.accuracy == 1 and found.test.shape == (8, 4)
    assert sorted(found.score.confusion.sum(axis=1)) == [1, 1, 1, 5]
    curve = learning_curve({"x": features}, data, {"x": 0.3})
    assert curve["texts"].tolist() == [10, 20, 32] and curve["accuracy"].iloc[-1] == 1
    points, agreement = untaught_map(features, data)
    assert points.shape == (40, 2) and agreement == 1

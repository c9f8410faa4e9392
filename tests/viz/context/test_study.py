"""The palo lesson end to end, and what an edit or a layer move costs."""

import numpy as np
import pytest

import viz
from tests.viz import tiny
from viz.context.lessons import load_lessons
from viz.context.study import study
from viz.kit.projection import cosine_matrix
from viz.model.layers import OPTIONS, select
from viz.model.store import Store


@pytest.fixture(scope="module")
def palo():
    return next(iter(load_lessons("es").values()))


@pytest.fixture(scope="module")
def glove():
    return viz.load_static("es")


@pytest.fixture
def store(tmp_path):
    return Store(viz.load_model(tiny.save("bert", tmp_path / "bert", max_position_embeddings=64)))


def test_static_vectors_cannot_know(store, glove, palo):
    found = study(store, glove, palo.rows, "palo")
    assert found.static_cosine == pytest.approx(1, abs=1e-6) and found.static_forms == 1
    assert found.static_separation.accuracy == pytest.approx(found.static_separation.chance)
    assert np.allclose(found.static_projection().points, 0)


def test_bert_knows(bert, glove, palo):
    found = study(Store(bert), glove, palo.rows, "palo")
    best = found.by_layer[found.best_layer]
    assert best.accuracy > 2 * best.chance
    assert best.same - best.different > 0
    assert found.static_separation.accuracy < best.accuracy


def test_one_edit_reads_one_sentence_and_a_layer_move_none(store, glove, palo):
    study(store, glove, palo.rows, "palo")
    assert store.model.forwards == 1
    seen = []
    encode = store.model.encode
    store.model.encode = lambda texts, **options: seen.append(list(texts)) or encode(texts, **options)
    rows = [("Un palo nuevo y distinto.", "madera"), *palo.rows[1:]]
    found = study(store, glove, rows, "palo")
    assert seen == [["Un palo nuevo y distinto."]] and store.model.forwards == 2
    for option in [*range(found.layers + 1), *(o.id for o in OPTIONS)]:
        found.separation(option), found.groups(option), found.cosines(option)
    found.plane, found.space, found.by_layer, found.option_projection("last")
    assert store.model.forwards == 2


def test_rows_that_cannot_be_used_are_named_and_the_rest_goes_on(store, glove):
    found = study(store, glove, [("el palo", "a"), ("nada", "b"), ("el " * 300 + "palo", "c")], "palo")
    assert len(found.occurrences) == 1 and len(found.problems) == 2
    assert found.by_layer[0].accuracy is None


@pytest.mark.parametrize("rows, word", [([], "palo"), ([("nada", "")], "palo"), ([("palo", "")], "  ")])
def test_nothing_to_study_says_so(store, glove, rows, word):
    with pytest.raises(viz.Problem):
        study(store, glove, rows, word)


def test_a_word_that_static_vectors_lack(store, glove):
    found = study(store, glove, [("el xyzzyq gana", "a"), ("ese xyzzyq", "b")], "xyzzyq")
    assert found.static is None and "vocabulario" in str(found.static_problem)
    assert len(found.pieces) > 1 and len(found.occurrences) == 2


def test_two_hundred_sentences(store, glove):
    found = study(store, glove, [(f"el palo {'seco ' * (n % 9)}{n}", "ab"[n % 2]) for n in range(200)], "palo")
    assert len(found.occurrences) == 200 and found.by_layer[-1].occurrences == 200


@pytest.mark.parametrize("kind", ["bert", "roberta", "distilbert", "electra"])
def test_every_architecture(tmp_path, glove, palo, kind):
    found = study(Store(viz.load_model(tiny.save(kind, tmp_path / kind)), 60), glove, palo.rows[:8], "palo")
    assert found.layers == 3 and len(found.by_layer) == 4 and found.groups("last")[0]


STATES = np.random.default_rng(0).normal(size=(5, 13, 8))


@pytest.mark.parametrize(
    "option, expected",
    [
        (3, STATES[:, 3]),
        ("embeddings", STATES[:, 0]),
        ("second_to_last", STATES[:, 11]),
        ("last", STATES[:, 12]),
        ("sum_last4", STATES[:, 9:].mean(1)),
        ("concat_last4", np.concatenate([STATES[:, n] for n in range(9, 13)], axis=1)),
        ("sum_all", STATES[:, 1:].mean(1)),
    ],
)
def test_the_six_options_and_a_layer(option, expected):
    assert np.allclose(select(STATES, option), expected)


def test_weights_are_normalised():
    assert np.allclose(select(STATES, "sum_last4", np.array([0, 0, 0, 5])), STATES[:, 12])


@pytest.mark.parametrize("option", [13, -1, "median"])
def test_unknown_option(option):
    with pytest.raises(viz.Problem):
        select(STATES, option)


def test_what_all_occurrences_share_is_subtracted(store, glove, palo):
    found = study(store, glove, palo.rows, "palo")
    vectors = found.vectors("last")
    assert np.allclose(found.cosines("last"), cosine_matrix(vectors - vectors.mean(axis=0)))
    assert np.allclose(found.cosines("last", centred=False), cosine_matrix(vectors))
    whole, centred = (found.separation("last", c) for c in (False, True))
    assert (whole.same, whole.different, whole.baseline) == (centred.same, centred.different, centred.baseline)
    few = study(store, glove, palo.rows[:3], "palo")
    assert np.allclose(few.cosines("last"), few.cosines("last", centred=False))

"""The palo lesson end to end, and what an edit or a layer move costs."""

from dataclasses import replace

import numpy as np
import pytest

import viz
from tests.viz import tiny
from viz.context.lessons import load_lessons
from viz.context.senses import anisotropy
from viz.context.study import study
from viz.kit.projection import aligned_pca, cosine_matrix
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


@pytest.fixture
def blocks(store, glove):
    """Two senses, the sentences of both mixed, one row without a sense."""
    rows = [("el palo seco", "a"), ("un as de palo", "b"), ("el palo, el palo seco", "a"), ("ese palo gana", "b")]
    return study(store, glove, [*rows, ("la de palo", "")], "palo")


@pytest.mark.parametrize("option", [0, 2, "sum_all", "concat_last4"])
@pytest.mark.parametrize("centred", [False, True])
def test_nearest_come_first(blocks, option, centred):
    cosines = blocks.cosines(option, centred)
    near = blocks.nearest(1, option, centred)
    assert sorted(i for i, _ in near) == [i for i in range(len(blocks.occurrences)) if i != 1]
    assert [c for _, c in near] == sorted((cosines[1, i] for i in range(len(cosines)) if i != 1), reverse=True)
    assert all(c == cosines[1, i] for i, c in near)


def test_the_map_shows_the_directions_from_the_mean(blocks):
    """By hand: less the mean of all, length one, then PCA; whatever all occurrences share moves nothing."""
    states = blocks.states.target
    for layer in range(blocks.layers + 1):
        apart = states[:, layer] - states[:, layer].mean(axis=0)
        directions = apart / np.linalg.norm(apart, axis=1, keepdims=True)
        expected = aligned_pca(directions[:, None])
        distances = [
            np.linalg.norm(p[:, None] - p[None], axis=-1) for p in (blocks.plane.points[layer], expected.points[0])
        ]
        np.testing.assert_allclose(*distances, atol=1e-4)
        assert blocks.plane.explained[layer] == pytest.approx(expected.explained[0], abs=1e-5)
        assert not np.allclose(blocks.plane.explained[layer], aligned_pca(states[:, layer][:, None]).explained[0])
    moved = replace(blocks, states=replace(blocks.states, target=states + 3))
    np.testing.assert_allclose(moved.plane.points, blocks.plane.points, atol=1e-3)
    assert blocks.space.points.shape == (4, len(states), 3)


@pytest.mark.parametrize("option", [0, 1, 3])
def test_the_baseline_is_the_anisotropy_of_the_words_around(blocks, option):
    expected = anisotropy(blocks.states.context, blocks.states.context_sentence)[option]
    assert abs(expected) > 0.01
    for centred in (False, True):
        assert blocks.separation(option, centred).baseline == pytest.approx(expected, abs=1e-6)
    assert blocks.by_layer[option].baseline == pytest.approx(expected, abs=1e-6)


def test_rows_without_a_sense_are_not_measured(blocks):
    assert len(blocks.occurrences) == 6 and blocks.separation("last").occurrences == 5
    assert blocks.static_separation.occurrences == 5


def test_the_best_layer_is_the_first_of_the_best(blocks):
    accuracies = [s.accuracy for s in blocks.by_layer]
    assert blocks.best_layer == accuracies.index(max(accuracies))


def test_the_static_space_by_hand(store, glove):
    """Two forms, two vectors; the baseline is the mean cosine of the other words."""
    found = study(store, glove, [("el palo seco", "a"), ("un palo", "b"), ("de [palos] el", "b")], "palo").in_static
    assert found.name == glove.name and found.forms == 2
    cosine = float(cosine_matrix(np.stack([glove["palo"], glove["palos"]]))[0, 1])
    assert found.cosine == pytest.approx((1 + 2 * cosine) / 3)
    assert found.separation.same == pytest.approx(cosine) and found.separation.different == pytest.approx(
        (1 + cosine) / 2
    )
    others = cosine_matrix(np.stack([glove[w] for w in ("de", "el", "seco", "un")]))
    assert found.separation.baseline == pytest.approx((others.sum() - 4) / 12)


def test_a_study_knows_its_model_and_vectors(blocks, store, glove):
    assert blocks.model is store.model and blocks.static_name == glove.name


def test_the_store_is_asked_once(store, glove, monkeypatch):
    asked, plain = [], store.encode
    monkeypatch.setattr(store, "encode", lambda texts: asked.append(texts) or plain(texts))
    study(store, glove, [("el palo", "a"), ("un palo", "b")], "palo")
    assert asked == [["el palo", "un palo"]]


def test_a_form_without_static_vectors_has_no_map_and_says_why(store, glove):
    found = study(store, glove, [("el xqzwv seco gana", ""), ("cortó el xqzwv", "")], "xqzwv")
    assert found.static is None
    with pytest.raises(viz.Problem) as why:
        found.static_projection()
    assert why.value is found.static_problem

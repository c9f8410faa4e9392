"""Next sentences against transformers' own head, and the ordering of paragraphs."""

import numpy as np
import pytest
import torch
import transformers

from tests.viz import tiny
from viz.kit.errors import Problem
from viz.load import load_model
from viz.next_sentence import prediction as ns

PAIRS = [("el as de ese palo", "gana"), ("cortó un palo seco", "el as de ese palo gana"), ("un palo", "un palo")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny.save("bert", tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def model(folder):
    return load_model(folder)


def test_equals_transformers(folder, model):
    net = transformers.BertForNextSentencePrediction.from_pretrained(folder, dtype=torch.float32).eval()
    before = model.forwards
    found = ns.follow(model, PAIRS)
    assert model.forwards == before + 1
    for (a, b), p in zip(PAIRS, found, strict=True):
        read = model.tokenizer(a, b, return_tensors="pt")
        read["token_type_ids"] = torch.tensor([model.tokenize((a, b)).segments])
        with torch.inference_mode():
            theirs = net(**read).logits.softmax(-1)[0, 0].item()
        assert p == pytest.approx(theirs, abs=1e-5)
        assert model.next_sentence(a, b) == pytest.approx(theirs, abs=1e-5)


def test_packed_as_one_input(model):
    tokens = ns.packed(model, "un palo", "gana")
    assert tokens == [
        ("[CLS]", 0, True),
        ("un", 0, False),
        ("palo", 0, False),
        ("[SEP]", 0, True),
        ("gana", 1, False),
        ("[SEP]", 1, True),
    ]


def test_the_best_order_is_found(model, monkeypatch):
    """Where each sentence is likely to follow the one before it, and no other, any shuffle is undone."""
    story = ["a", "b", "c", "d", "e"]

    def follow(_model, pairs, max_tokens=None):
        return np.array([0.9 if ord(b) == ord(a) + 1 else 0.2 for a, b in pairs])

    monkeypatch.setattr(ns, "follow", follow)
    for seed in range(10):
        given = ns.shuffled(5, seed)
        found = ns.reorder(model, [story[i] for i in given])
        assert [given[i] for i in found.order] == [0, 1, 2, 3, 4]
        assert np.isnan(np.diag(found.follows)).all()
    score = ns.trial(model, [story, story[:3]])
    assert (score.exact, score.paragraphs, score.kept) == (2, 2, 1.0)
    assert score.exact_by_chance == pytest.approx(1 / 120 + 1 / 6)
    assert score.kept_by_chance == pytest.approx((1 / 5 + 1 / 3) / 2)


def test_chance_of_keeping_neighbours():
    """A random order keeps each pair of neighbours with probability 1 / n."""
    random = np.random.default_rng(0)
    kept = [ns.neighbours_kept(random.permutation(5).tolist(), range(5)) for _ in range(20_000)]
    assert np.mean(kept) == pytest.approx(1 / 5, abs=0.01)


def test_a_real_matrix_gives_the_largest_sum(model):
    sentences = ["un palo", "gana", "el as", "cortó"]
    found = ns.reorder(model, sentences)
    for i, a in enumerate(sentences):
        for j, b in enumerate(sentences):
            if i != j:
                assert found.follows[i, j] == pytest.approx(model.next_sentence(a, b), abs=1e-5)
    assert sorted(found.order) == [0, 1, 2, 3]


def test_shuffled_is_never_the_right_order():
    assert all(ns.shuffled(2, seed) == (1, 0) for seed in range(20))
    assert ns.shuffled(5, 3) == ns.shuffled(5, 3)
    assert ns.shuffled(1, 3) == (0,)


def test_clear_problems(model, tmp_path):
    with pytest.raises(Problem, match="vacío"):
        model.next_sentence("un palo", " ")
    for pair in (("un palo", "🎈🎈"), ("🎈🎈", "un palo")):
        with pytest.raises(Problem, match="«🎈🎈» este modelo no conoce nada"):
            model.next_sentence(*pair)
    for sentences in (["uno"], ["x"] * 8):
        with pytest.raises(Problem, match="entre 2 y 7"):
            ns.reorder(model, sentences)
    roberta = load_model(tiny.save("roberta", tmp_path))
    with pytest.raises(Problem, match="NSP"):
        roberta.next_sentence("el palo", "gana")

"""Explanations where the right answer is known."""

import numpy as np
import pytest
import torch

from tests.small import small_bert, small_data
from viz import Problem
from viz.classify.classifier import Frozen, Tuned
from viz.classify.explain import integrated_gradients, occlusion
from viz.classify.figures import coloured_words
from viz.classify.finetune import Settings, fine_tune
from viz.classify.softmax import fit
from viz.classify.states import TextStates
from viz.classify.vectors import bert_features
from viz.model.layers import OPTIONS


@pytest.fixture(scope="module")
def frozen():
    data, states = small_data(), TextStates(small_bert())
    return Frozen(states, "cls", "last", fit(bert_features(states, data, "cls", "last"), data).layer, data.labels)


@pytest.fixture(scope="module")
def tuned():
    data = small_data()
    settings = Settings(epochs=12, batch=8, lr=2e-3, head_first=False)
    return Tuned(fine_tune(small_bert(), data.split("train"), data.split("dev"), data.labels, settings))


class Linear:
    """A "classifier" whose probability of label 0 is a dot product of the mean word embedding: gradients are known."""

    labels = ("a", "b")

    def __init__(self):
        self.model = small_bert()
        self.direction = torch.linspace(-1, 1, 32)

    def from_embeddings(self, embeddings, plain):
        value = embeddings[:, plain].mean(dim=1) @ self.direction  # (texts,)
        return torch.stack([value, -value], dim=1)


def test_integrated_gradients_of_a_linear_function_are_exact():
    """For f(x) = w·x they are w·(x - baseline), token by token (Sundararajan et al. 2017, section 3)."""
    classifier = Linear()
    why = integrated_gradients(classifier, "perro gato", 0, steps=3)
    table = classifier.model.encoder.get_input_embeddings().weight.detach()
    tokenizer = classifier.model.tokenizer
    ids = tokenizer("perro gato")["input_ids"][1:-1]
    real, mask = table[ids], table[tokenizer.mask_token_id]
    expected = ((real - mask) @ classifier.direction / len(ids)).numpy()
    by_word = [expected[word.first - 1 : word.last - 1].sum() for word in why.words]
    np.testing.assert_allclose(why.scores, by_word, atol=1e-6)


@pytest.mark.parametrize("kind", ["frozen", "tuned"])
@pytest.mark.parametrize("label", [0, 1])
def test_integrated_gradients_are_complete(kind, label, request):
    classifier = request.getfixturevalue(kind)
    text = "El libro me pareció muy bueno"
    why = integrated_gradients(classifier, text, label, steps=64)
    assert why.probability == pytest.approx(classifier.read([text]).probabilities[0, label], abs=1e-5)
    special = 0.02  # words carry all but what punctuation glued to no word could hold
    assert why.scores.sum() == pytest.approx(why.probability - why.baseline, abs=special)


@pytest.mark.parametrize(("kind", "text"), [("frozen", "Un plato malo"), ("tuned", "Una novela mala")])
def test_both_methods_find_the_word_that_decides(kind, text, request):
    """On a tiny network of random weights, so on texts that it has learned to tell."""
    classifier = request.getfixturevalue(kind)
    label = classifier.labels.index("mala")
    for method in (occlusion, integrated_gradients):
        why = method(classifier, text, label)
        assert why.words[int(np.argmax(why.scores))].text == text.split()[-1], (method, why)


def test_occlusion_by_hand(frozen):
    text = "Un plato bueno"
    why = occlusion(frozen, text, 0)
    whole = frozen.read([text]).probabilities[0, 0]
    covered = frozen.read(["Un plato [MASK]"]).probabilities[0, 0]
    assert why.scores[2] == pytest.approx(whole - covered, abs=1e-6)
    assert why.probability == pytest.approx(whole)


@pytest.mark.parametrize("pooling", ["cls", "mean"])
@pytest.mark.parametrize("option", [*(o.id for o in OPTIONS), 1])
def test_gradients_go_through_the_same_classifier(pooling, option):
    """The differentiable path and the cached features are one function."""
    data, states = small_data(), TextStates(small_bert(layers=4))
    layer = fit(bert_features(states, data, pooling, option), data, strengths=[0.1]).layer
    classifier = Frozen(states, pooling, option, layer, data.labels)
    text = "El reloj me pareció roto."
    ids = torch.tensor(states.model.tokenizer(text)["input_ids"])
    plain = torch.ones(len(ids), dtype=torch.bool)
    plain[[0, -1]] = False
    with torch.no_grad():
        found = classifier.from_embeddings(states.model.encoder.get_input_embeddings()(ids)[None], plain)
    np.testing.assert_allclose(found.numpy(), classifier.read([text]).probabilities, atol=1e-5)


def test_vectors_and_layer_of_a_tuned_model_give_its_logits(tuned):
    texts = ["El disco me pareció roto.", "Perfecto"]
    found = tuned.read(texts)
    logits = found.vectors @ tuned.layer.weight.T + tuned.layer.bias
    powers = np.exp(logits)
    np.testing.assert_allclose(powers / powers.sum(axis=1, keepdims=True), found.probabilities, atol=1e-5)


@pytest.mark.parametrize("method", [occlusion, integrated_gradients])
@pytest.mark.parametrize("text", ["", "   "])
def test_nothing_to_read(frozen, method, text):
    with pytest.raises(Problem):
        method(frozen, text, 0)


@pytest.mark.parametrize("text", ["</script><img src=x onerror=alert(1)>", "مرحبا يا صديقي", "😀 😀", "x" * 2000])
def test_hostile_text_is_only_text(frozen, text):
    why = occlusion(frozen, text, 0)
    page = coloured_words(why, lambda score: f'{score:.2f} "puntos"')
    assert "<script" not in page and "<img" not in page and 'dir="auto"' in page
    assert page.count("<span") == len(why.words)

"""The training loop: against plain torch, repeatable, stoppable, and never on the shared model."""

import copy
import math
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import viz
from tests.small import small_bert, small_data
from tests.viz import tiny
from viz.classify.batches import batches, slices, tokenize
from viz.classify.classifier import outcome
from viz.classify.finetune import Settings, cost, fine_tune, moved
from viz.classify.head import logits, probabilities, with_head
from viz.classify.schedule import freeze
from viz.classify.states import TextStates

FAST = Settings(epochs=6, batch=8, lr=2e-3, head_first=False)


@pytest.fixture(scope="module")
def data():
    return small_data()


def run(model, data, settings=FAST, **options):
    return fine_tune(model, data.split("train"), data.split("dev"), data.labels, settings, **options)


@pytest.fixture(scope="module")
def tuned(data):
    return run(small_bert(), data)


def test_it_learns_and_keeps_the_best_epoch(tuned, data):
    history = tuned.history
    assert history.ended == "done"
    assert len(history.steps) == 6 * math.ceil(len(data.train) / 8)
    assert [e.epoch for e in history.epochs] == [*range(7)]
    best = history.epochs[history.best]
    assert best.dev_accuracy == max(e.dev_accuracy for e in history.epochs[1:]) >= 0.9
    texts, truth = data.split("dev")
    assert (probabilities(tuned.model, texts).argmax(axis=1) == truth).mean() == pytest.approx(best.dev_accuracy)
    assert history.tokens == 6 * sum(map(len, tokenize(tuned.model, data.split("train")[0], 128)))


def test_the_same_seed_gives_the_same_weights(tuned, data):
    again, other = run(small_bert(), data), run(small_bert(), data, replace(FAST, seed=1))
    for name, weight in tuned.model.net.state_dict().items():
        assert torch.equal(weight, again.model.net.state_dict()[name]), name
    assert [s.loss for s in again.history.steps] == [s.loss for s in tuned.history.steps]
    assert [s.loss for s in other.history.steps] != [s.loss for s in tuned.history.steps]


def test_the_shared_model_is_never_touched(data):
    model = small_bert()
    before = copy.deepcopy(model.net.state_dict())
    random = torch.random.get_rng_state()
    result = run(model, data, Settings(epochs=1, batch=8))
    assert torch.equal(torch.random.get_rng_state(), random)
    assert model.forwards == 0 and not model.net.training
    for name, weight in model.net.state_dict().items():
        assert torch.equal(weight, before[name]), name
        assert weight.data_ptr() != result.model.encoder.state_dict()[name].data_ptr()
    assert all(p.grad is None for p in model.net.parameters())


def test_one_step_is_torchs_own(data):
    """Loss, gradient, clipping, decay, rate: against the same step written out plainly, in one slice."""
    settings = Settings(epochs=1, batch=64, lr=1e-3, warmup=0.0, head_first=False)
    found = run(small_bert(), data, settings)
    torch.manual_seed(0)
    oracle = with_head(small_bert(), data.labels)
    texts, truth = data.split("train")
    read = oracle.tokenizer(texts, padding=True, return_tensors="pt")
    plain = {"params": [p for p in oracle.net.parameters() if p.ndim < 2], "weight_decay": 0.0}
    heavy = {"params": [p for p in oracle.net.parameters() if p.ndim > 1], "weight_decay": 0.01}
    optimizer = torch.optim.AdamW([heavy, plain], lr=1e-3)
    out = oracle.net(**read, labels=torch.tensor(truth))
    out.loss.backward()
    torch.nn.utils.clip_grad_norm_(oracle.net.parameters(), 1.0)
    optimizer.step()
    assert found.history.steps[0].loss == pytest.approx(out.loss.item(), rel=1e-5)
    for name, weight in oracle.net.state_dict().items():
        if name.endswith("key.bias"):
            continue  # its true gradient is 0, since softmax ignores what all keys share: Adam steps on rounding alone
        # Adam divides by the gradient's size, so rounding in a gradient near 0 can be as large as the step
        difference = (weight - found.model.net.state_dict()[name]).abs()
        assert difference.mean() < 2e-5, name


def test_rate_rises_and_falls(tuned):
    rates = [step.lr for step in tuned.history.steps]
    steps = len(rates)
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=FAST.lr)
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, int(0.1 * steps), steps)
    expected = []
    for _ in range(steps):
        expected.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    assert rates == pytest.approx(expected)


def test_only_the_last_layers_move(data):
    model = small_bert(layers=3)
    result = run(model, data, Settings(epochs=1, batch=8, lr=3e-3, last_layers=1, head_first=False))
    change = moved(model, result.model).set_index("part")["change"]
    assert change.index.tolist() == ["embeddings", "1", "2", "3"]
    assert change["embeddings"] == change["1"] == change["2"] == 0
    assert change["3"] > 0
    torch.manual_seed(0)
    began = with_head(model, result.labels).encoder.pooler.dense.weight  # the one that the seed gives
    assert not torch.equal(result.model.encoder.pooler.dense.weight, began)
    still = run(model, data, Settings(epochs=1, batch=8, lr=0.0, last_layers=1, head_first=False))
    assert torch.equal(still.model.encoder.pooler.dense.weight, began)


def test_moved_by_hand():
    model = small_bert()
    other = with_head(model, ["a", "b"])
    with torch.no_grad():
        for name, weight in other.encoder.named_parameters():
            if "layer.1." in name:
                weight.mul_(1.5)
    change = moved(model, other).set_index("part")["change"]
    assert change["2"] == pytest.approx(0.5, rel=1e-5) and change["1"] == 0


def test_stop_keeps_the_best_epoch_so_far(data):
    seen = []
    result = run(small_bert(), data, on_step=seen.append, cancel=lambda: len(seen) >= 12)
    assert result.history.ended == "cancelled" and len(result.history.steps) == 12
    assert [e.epoch for e in result.history.epochs] == [0, 1]
    assert result.history.best == 1


def test_a_head_learnt_on_the_frozen_model(data):
    """Before any step it is scikit-learn's classifier on the pooled vectors, and the encoder has not moved."""
    model = small_bert()
    settings = Settings(epochs=1, batch=64, lr=0.0)
    found = run(model, data, settings)
    assert (moved(model, found.model)["change"] == 0).all()
    vectors = {}
    for split in ("train", "test"):
        ids = tokenize(model, data.split(split)[0], 128)
        with torch.no_grad():
            rows = [found.model.encoder(torch.tensor([row])).pooler_output[0].numpy() for row in ids]
        vectors[split] = np.stack(rows)
    oracle = make_pipeline(StandardScaler(), LogisticRegression(C=0.03)).fit(vectors["train"], data.split("train")[1])
    expected = oracle.predict_proba(vectors["test"])
    np.testing.assert_allclose(probabilities(found.model, data.split("test")[0]), expected, atol=1e-3)


def test_the_pooler_is_new_and_the_rest_is_the_models_own():
    model = small_bert()
    with torch.no_grad():
        for weight in model.net.parameters():
            weight.fill_(0.5)
    given = dict(with_head(model, ["a", "b"]).encoder.named_parameters())
    assert all((weight == 0.5).all() != ("pooler" in name) for name, weight in given.items())


def test_stop_before_the_first_step(data):
    result = run(small_bert(), data, cancel=lambda: True)
    assert result.history.ended == "cancelled" and result.history.steps == []


def test_budget_ends_it_and_still_measures(data):
    steps, slow = [], Settings(epochs=1000, batch=8)
    began = time.perf_counter()
    result = run(small_bert(), data, slow, budget=1.0, on_step=steps.append)
    assert result.history.ended == "budget"
    assert result.history.seconds <= 1.5 and time.perf_counter() - began < 8
    assert result.history.epochs[-1].epoch == pytest.approx(steps[-1].epoch, abs=1.0)


def test_a_pause_does_not_count(data):
    result = run(small_bert(), data, Settings(epochs=1, batch=16), on_step=lambda step: time.sleep(0.3), budget=60)
    assert len(result.history.steps) == 4 and result.history.ended == "done"
    assert result.history.steps[-1].seconds < result.history.seconds


def test_a_rate_that_explodes_says_so(data):
    with pytest.raises(viz.Problem, match="desbocado"):
        run(small_bert(), data, Settings(epochs=3, batch=8, lr=1e30, clip=1e30, warmup=0.0, head_first=False))


@pytest.mark.parametrize("kind", ["bert", "roberta", "distilbert", "electra"])
def test_every_kind_of_encoder(kind, tmp_path):
    model = viz.load_model(tiny.save(kind, tmp_path))
    rows = [("el palo", 0), ("un as", 1)] * 4
    texts, truth = map(list, zip(*rows, strict=True))
    settings = Settings(epochs=1, batch=4, last_layers=1, head_first=False)
    result = fine_tune(model, (texts, truth), (texts, truth), ["a", "b"], settings)
    assert result.model.net.num_labels == 2
    part = moved(model, result.model).set_index("part")["change"]
    assert part["3"] > 0 and part["1"] == 0


def test_batches_hold_every_row_once_and_like_lengths():
    lengths = np.random.default_rng(0).integers(5, 60, size=203).tolist()
    found = list(batches(lengths, 16, np.random.default_rng(0)))
    assert sorted(row for batch in found for row in batch) == list(range(203))
    assert all(len(batch) <= 16 for batch in found)
    spread = np.mean([max(lengths[i] for i in b) - min(lengths[i] for i in b) for b in found])
    assert spread < 15 < max(lengths) - min(lengths)


def test_slices_stay_small():
    ids = [[0] * n for n in (500, 100, 10, 10, 10, 600)]
    assert list(slices(ids, range(6))) == [[0], [1, 2, 3, 4], [5]]


def test_order_of_logits():
    model = with_head(small_bert(), ["a", "b"])
    texts = ["uno dos tres cuatro cinco", "uno", "uno dos tres"]
    together = logits(model, tokenize(model, texts, 128))
    for text, row in zip(texts, together, strict=True):
        torch.testing.assert_close(row[None], logits(model, tokenize(model, [text], 128)), atol=1e-5, rtol=1e-4)


def test_freeze_counts_from_the_top():
    model = with_head(small_bert(layers=3), ["a", "b"])
    freeze(model.net, 2)
    trained = {name for name, p in model.net.named_parameters() if p.requires_grad}
    assert any("layer.1." in name for name in trained) and any("classifier" in name for name in trained)
    assert not any("layer.0." in name or "embeddings" in name for name in trained)


def test_cost_is_a_number_of_seconds(data):
    model = small_bert()
    texts = data.split("train")[0]
    short = cost(model, texts, texts[:4], data.labels, Settings(epochs=1))
    assert 0 < short < 60
    assert model.forwards == 0


def test_outcome(tuned, data):
    found = outcome(tuned, TextStates(small_bert()), data)
    assert found.score.accuracy >= 0.9 and found.points.shape == (2, len(data.test), 2)
    assert found.agreement[1] >= found.agreement[0] and found.test.shape == (len(data.test), 2)

"""The training loop: against plain torch, repeatable, stoppable, and never on the shared model."""

import copy
import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import viz
from tests.small import small_bert, small_data
from tests.viz import tiny
from viz.classify.batches import batches, slices, tokenize
from viz.classify.classifier import outcome
from viz.classify.finetune import Costs, Settings, Trainer, cost, fine_tune, measure_costs, moved
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


@pytest.mark.parametrize("clip", [1.0, 1e-7])
def test_two_steps_are_torchs_own(data, clip):
    """Loss, gradient, clipping, decay, rate: against the same steps written out plainly, in one slice.

    Adam's first step does not feel how large a gradient is; the second one does, and so does a step whose gradient is
    clipped down to Adam's own epsilon.
    """
    settings = Settings(epochs=2, batch=64, lr=1e-3, warmup=0.0, clip=clip, head_first=False)
    found = Trainer(small_bert(), data.split("train"), data.split("dev"), data.labels, settings)
    for _ in range(2):
        assert found.step(range(len(data.train)))
    torch.manual_seed(0)
    oracle = with_head(small_bert(), data.labels)
    texts, truth = data.split("train")
    read = oracle.tokenizer(texts, padding=True, return_tensors="pt")
    plain = {"params": [p for p in oracle.net.parameters() if p.ndim < 2], "weight_decay": 0.0}
    heavy = {"params": [p for p in oracle.net.parameters() if p.ndim > 1], "weight_decay": 0.01}
    optimizer = torch.optim.AdamW([heavy, plain], lr=1e-3)
    norms, losses = [], []
    for rate in (1e-3, 0.5e-3):
        for group in optimizer.param_groups:
            group["lr"] = rate
        out = oracle.net(**read, labels=torch.tensor(truth))
        out.loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(oracle.net.parameters(), clip).item())
        optimizer.step()
        optimizer.zero_grad()
        losses.append(out.loss.item())
    assert min(norms) > clip  # else clipping would change nothing
    assert [s.loss for s in found.history.steps] == pytest.approx(losses, rel=1e-4)
    for name, weight in oracle.net.state_dict().items():
        if name.endswith("key.bias"):
            continue  # its true gradient is 0, since softmax ignores what all keys share: Adam steps on rounding alone
        # Adam divides by the gradient's size, so rounding in a gradient near 0 can be as large as the step
        difference = (weight - found.tuned.net.state_dict()[name]).abs()
        assert difference.mean() < 2e-5, name


def test_gradients_are_clipped(data):
    """What the optimizer meets in its step has at most the norm that was set."""
    settings = Settings(epochs=1, batch=64, clip=0.01, head_first=False)
    found = Trainer(small_bert(), data.split("train"), data.split("dev"), data.labels, settings)
    norms = []

    def look(*_):
        gradients = [p.grad.flatten() for p in found.tuned.net.parameters() if p.grad is not None]
        norms.append(torch.linalg.vector_norm(torch.cat(gradients)).item())

    found.optimizer.register_step_pre_hook(look)
    found.step(range(64))
    assert norms == [pytest.approx(0.01, rel=1e-3)]


def test_rate_rises_and_falls(tuned):
    """By hand: up over a tenth of 48 steps, from 0, and down so that a 49th would have 0."""
    rates = [step.lr / FAST.lr for step in tuned.history.steps]
    assert rates == pytest.approx([n / 4 for n in range(4)] + [(48 - n) / 44 for n in range(4, 48)])


def test_another_schedule(data):
    """Any scheduler of torch's will do: here a rate that falls by half each step, and another for each group."""
    planned = []

    def halving(optimizer, steps):
        planned.append(steps)
        optimizer.param_groups[1]["initial_lr"] = optimizer.param_groups[1]["lr"] = 5.0
        return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5**step * 1e-3)

    result = run(small_bert(), data, replace(FAST, epochs=1, batch=32), schedule=halving)
    assert planned == [2] and [s.lr for s in result.history.steps] == pytest.approx([5e-3, 2.5e-3])


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
    assert "se paró" in str(result.history.untrained)


def ticking():
    """A clock that moves on by one second whenever somebody looks: whatever is timed takes one second."""
    return itertools.count().__next__


def test_the_budget_keeps_back_what_the_last_measure_takes(data):
    """Head, measure, seven steps, measure: ten seconds of ten."""
    result = run(small_bert(), data, Settings(epochs=1000, batch=8), budget=10, clock=ticking())
    history = result.history
    assert history.ended == "budget" and history.seconds == 10 and len(history.steps) == 7
    assert [s.seconds for s in history.steps] == [*range(3, 10)]
    assert [(e.epoch, e.seconds) for e in history.epochs] == [(0, 2), (0.875, 10)]
    assert history.untrained is None


def test_a_budget_that_ends_with_an_epoch_measures_once(data):
    """Measure, eight steps, measure: the second measure is that of the epoch."""
    settings = Settings(epochs=3, batch=8, head_first=False)
    history = run(small_bert(), data, settings, budget=10, clock=ticking()).history
    assert history.ended == "budget" and [e.epoch for e in history.epochs] == [0, 1]
    whole = run(small_bert(), data, replace(settings, epochs=1), budget=10, clock=ticking()).history
    assert whole.ended == "done" and len(whole.steps) == 8  # nothing is missing: it was not the budget that ended it


@pytest.mark.parametrize("budget, steps", [(0, 0), (2, 0), (3, 0), (4, 1)])
def test_time_that_ends_before_a_step_trains_nothing(data, budget, steps):
    """With the head learnt and dev measured two seconds are gone; a third is kept for the measure at the end. A step
    of rate 0, the first of a warm-up, is none."""
    result = run(small_bert(), data, Settings(epochs=4, batch=8), budget=budget, clock=ticking())
    history = result.history
    assert history.ended == "budget" and len(history.steps) == steps
    assert "No se ha entrenado nada" in str(history.untrained) and "tiempo" in str(history.untrained)
    assert (moved(small_bert(), result.model)["change"] == 0).all()


def test_a_rate_of_nothing_trains_nothing(data):
    assert "tasa" in str(run(small_bert(), data, replace(FAST, epochs=1, lr=0.0)).history.untrained)


def test_a_stop_in_the_first_epoch_keeps_what_was_learnt(data):
    seen = []
    settings = Settings(epochs=4, batch=8, lr=1e-3, warmup=0.0)
    result = run(small_bert(), data, settings, on_step=seen.append, cancel=lambda: len(seen) >= 3)
    assert len(result.history.epochs) == 1 and result.history.untrained is None
    assert (moved(small_bert(), result.model)["change"] > 0).all()


def test_a_pause_does_not_count(data):
    now = [0.0]

    def pause(step):
        now[0] += 100

    history = run(
        small_bert(), data, Settings(epochs=1, batch=16), on_step=pause, budget=60, clock=lambda: now[0]
    ).history
    assert len(history.steps) == 4 and history.ended == "done" and history.seconds == 0


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


@pytest.mark.parametrize(
    "settings, seconds",
    [
        # two epochs of 1,000 tokens, 7 steps, 50 texts to choose with; those 50 read before; 100 texts for the head
        (Settings(epochs=2, batch=16), 2 * (1000 * 0.01 + 7 * 0.5 + 50 * 0.2) + 50 * 0.2 + 100 * 0.2),
        (Settings(epochs=2, batch=16, head_first=False), 2 * (1000 * 0.01 + 7 * 0.5 + 50 * 0.2) + 50 * 0.2),
        (Settings(epochs=1, batch=32), 1000 * 0.01 + 4 * 0.5 + 50 * 0.2 + 50 * 0.2 + 100 * 0.2),
    ],
)
def test_costs_by_hand(settings, seconds):
    assert Costs(token=0.01, update=0.5, reading=0.2, tokens=1000, train=100, dev=50).seconds(settings) == (
        pytest.approx(seconds)
    )


def test_costs_are_measured_on_the_second_step(data):
    """A clock that was looked at four times a step: 4 s for 4 · 9 tokens there and back, 5 s to update, 6 s to read."""
    model, texts = small_bert(), data.split("train")[0]
    clock = iter([0, 100, 200, 300, 1000, 1004, 1009, 1015])
    found = measure_costs(model, texts, texts[:5], data.labels, Settings(), clock.__next__)
    lengths = sorted(map(len, tokenize(model, texts, 128)))
    assert found == Costs(4 / (4 * lengths[32]), 5, 6 / 4, sum(lengths), 64, 5)
    assert model.forwards == 0
    assert cost(model, texts, texts[:4], data.labels, Settings(epochs=1)) > 0


def test_outcome(tuned, data):
    found = outcome(tuned, TextStates(small_bert()), data)
    assert found.score.accuracy >= 0.9 and found.points.shape == (2, len(data.test), 2)
    assert found.agreement[1] >= found.agreement[0] and found.test.shape == (len(data.test), 2)

"""What GPT's and ELMo's trainings stand on: runs of text, the loop, and the n-gram model to beat."""

import numpy as np
import pytest
import torch

from training.bert.text import Stream
from training.loop import Loop, Pace
from training.ngram import KneserNey
from training.reading import word_perplexity
from training.windows import Windows

SPECIAL = (2, 3, 4)


def streams():
    ids = np.arange(5, 405, dtype=np.uint16)
    prose = Stream(ids, np.arange(0, 400, 7, dtype=np.int32), 400, 400)
    loose = Stream(ids[:60], np.arange(0, 60, 6, dtype=np.int32), 120, 60)
    return {"es_squad": prose, "es_tatoeba": loose}


def test_runs_are_the_text_in_order_and_loose_sentences_end():
    windows = Windows(streams(), 32, 128, SPECIAL, seed=1)
    rows = [row for i in range(len(windows.batches(0))) for row in windows[i].tolist()]
    for row in rows:
        assert row[0] == 2 and len(row) <= 32
        inside = row[1:-1] if row[-1] == 3 else row[1:]
        assert inside == list(range(inside[0], inside[0] + len(inside)))
    ended = [row for row in rows if row[-1] == 3]
    assert len(ended) == 20 and all(len(row) == 8 for row in ended)  # each of ten sentences, twice
    assert all((windows[i] == Windows(streams(), 32, 128, SPECIAL, seed=1)[i]).all() for i in (0, 3, 40))


def linear_loop(folder, steps):
    torch.manual_seed(0)
    module = torch.nn.Linear(3, 1)

    def losses(i, progress):
        x = torch.randn(8, 3, generator=torch.Generator().manual_seed(i))
        return {"square": (module(x) - x.sum(1, keepdim=True)).square().mean()}

    groups = [{"params": list(module.parameters()), "lr": 0.05, "weight_decay": 0.0}]
    return Loop(folder, module, groups, Pace(steps=steps, average=0.9), losses)


def test_a_run_that_was_stopped_goes_on_as_if_not(tmp_path):
    whole = linear_loop(tmp_path / "whole", 60)
    whole.run(lambda _: None)
    part = linear_loop(tmp_path / "part", 60)
    for step in range(25):
        part.train_step(step / 60)
    part.save()
    rest = linear_loop(tmp_path / "part", 60)
    assert rest.load() and rest.step == 25
    rest.run(lambda _: None)
    for name in whole.average:
        assert torch.equal(whole.average[name], rest.average[name])
    assert whole.train_step(1.0)["square"] < 0.05


def test_measuring_sees_the_average_and_leaves_the_weights(tmp_path):
    loop = linear_loop(tmp_path, 20)
    loop.run(lambda _: None)
    kept = loop.module.weight.detach().clone()
    seen = []
    loop.averaged(lambda: seen.append(loop.module.weight.detach().clone()) or "")
    assert torch.equal(seen[0], loop.average["weight"]) and torch.equal(loop.module.weight, kept)
    assert not torch.equal(seen[0], kept)


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return [np.array([0, *rng.choice(12, rng.integers(2, 12), p=np.arange(1, 13) / 78)]) for _ in range(120)]


@pytest.mark.parametrize("given", [[0], [0, 3], [5, 2, 7, 1], [0, 11, 11, 11, 11]])
def test_the_odds_of_all_words_after_any_context_sum_to_one(rows, given):
    model = KneserNey(rows, 4, 12)
    odds = [model.probabilities(np.array([*given, w]), np.arange(len(given) + 1))[-1] for w in range(12)]
    assert min(odds) > 0
    assert sum(odds) == pytest.approx(1)


def test_bigrams_by_hand():
    """Kneser-Ney on three rows, its discounts left out of account by asking where they are zero or known."""
    rows = [np.array([0, 1, 2]), np.array([0, 1, 2]), np.array([0, 3, 2])]
    model = KneserNey(rows, 2, 4)
    # seen pairs: 0-1 twice, 1-2 twice, 0-3 once, 3-2 once: two of one, two of two; y = 2 / (2 + 4)
    y = 2 / 6
    one, two = 1 - 2 * y, min(2.0, 2 - 3 * y * 1 / 2)  # no pair comes three times: max(1, 0) of them
    # tokens before each: 0 none (counts once), 1: {0}, 2: {1, 3}, 3: {0}; three of one, one of two
    z = 3 / 5
    lower_one, lower_two = 1 - 2 * z / 3, min(2.0, 2 - 3 * z * 1 / 1)
    freed = (3 * lower_one + lower_two) / 5
    below = {w: (c - (lower_one if c == 1 else lower_two)) / 5 + freed / 4 for w, c in {0: 1, 1: 1, 2: 2, 3: 1}.items()}
    left = (one + two) / 3  # what the discounts free after 0
    expected = {1: (2 - two) / 3 + left * below[1], 3: (1 - one) / 3 + left * below[3], 2: left * below[2]}
    for word, p in expected.items():
        assert model.probabilities(np.array([0, word]), np.arange(2))[-1] == pytest.approx(p), word


def test_text_it_has_read_is_foretold_better_than_text_it_has_not(rows):
    model = KneserNey(rows[:100], 4, 12)
    mean = lambda part: np.concatenate(model.log_probabilities(part)).mean()  # noqa: E731
    assert mean(rows[:100]) > mean(rows[100:]) + 0.5


def test_perplexity_is_shared_among_words():
    words = np.array([False, True, True, False])
    nats = [np.log([2.0, 4.0, 2.0])]
    assert word_perplexity(nats, [np.array([1, 3, 2])], words) == pytest.approx(4)  # 16 over two words

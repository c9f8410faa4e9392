"""The 80/10/10 corruption: its shares, what it never touches, and the loss of its repair."""

import pytest
import torch
import transformers

import viz
from tests.viz import tiny
from viz.kit.errors import Problem
from viz.load import load_model
from viz.masked.corruption import KEPT, MASKED, REPLACED, UNTOUCHED, corrupt, corrupt_text, repair, summary

VOCABULARY = [f"w{n}" for n in range(500)]
SPECIAL = ("[CLS]", "[SEP]", "[PAD]")


def test_shares_over_100_000_tokens():
    tokens = [VOCABULARY[n * 7 % 500] for n in range(100_000)]
    for seed in range(5):
        found = viz.corrupt(tokens, seed, mask="[MASK]", vocabulary=VOCABULARY, special=SPECIAL)
        chosen = len(found.chosen)
        assert abs(chosen / len(tokens) - 0.15) < 0.005
        for fate, share in ((MASKED, 0.8), (REPLACED, 0.1), (KEPT, 0.1)):
            assert abs(found.fates.count(fate) / chosen - share) < 0.005, (seed, fate)


def test_every_token_has_the_same_chance():
    """The draws are systematic, not stuck to places: over many seeds each of 20 tokens is chosen 15 % of the time."""
    seeds, hits = 4000, [0] * 20
    for seed in range(seeds):
        for i in corrupt(VOCABULARY[:20], seed, mask="[MASK]", vocabulary=VOCABULARY).chosen:
            hits[i] += 1
    assert all(abs(n / seeds - 0.15) < 0.03 for n in hits), hits  # 5 standard deviations


def test_what_happens_to_each_token():
    tokens = ["[CLS]", *VOCABULARY[:200], "[SEP]", *VOCABULARY[200:300], "[SEP]", "[PAD]"]
    found = corrupt(tokens, 3, mask="[MASK]", vocabulary=[*SPECIAL, *VOCABULARY], special=SPECIAL)
    assert found.original == tuple(tokens)
    for was, now, fate in zip(tokens, found.tokens, found.fates, strict=True):
        if was in SPECIAL:
            assert fate == UNTOUCHED
        if fate in (UNTOUCHED, KEPT):
            assert now == was
        elif fate == MASKED:
            assert now == "[MASK]"
        else:
            assert now in VOCABULARY, "never a special token"


def test_special_tokens_are_never_touched():
    tokens = ["[CLS]", "[SEP]"] * 500 + ["palo"]
    for seed in range(50):
        found = corrupt(tokens, seed, mask="[MASK]", vocabulary=VOCABULARY, special=SPECIAL)
        assert found.chosen == (1000,)


def test_the_seed_decides():
    first, again, other = (corrupt(VOCABULARY, seed, mask="[MASK]", vocabulary=VOCABULARY) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_nothing_to_corrupt():
    with pytest.raises(Problem, match="vacío"):
        corrupt(["[CLS]", "[SEP]"], 1, mask="[MASK]", vocabulary=VOCABULARY, special=SPECIAL)


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_the_loss_is_the_training_loss_of_transformers(kind, tmp_path):
    model = load_model(tiny.save(kind, tmp_path))
    found = corrupt_text(model, "el as de ese palo gana . cortó un palo seco . el as de ese palo", 5)
    assert found.fates[0] == found.fates[-1] == UNTOUCHED
    before = model.forwards
    repairs = repair(model, found)
    assert model.forwards == before + 1

    net = transformers.AutoModelForMaskedLM.from_pretrained(tmp_path, dtype=torch.float32).eval()
    labels = [t if fate != UNTOUCHED else -100 for t, fate in zip(found.original, found.fates, strict=True)]
    with torch.inference_mode():
        out = net(torch.tensor([found.tokens]), labels=torch.tensor([labels]))
    result = summary(model, repairs)
    assert result.loss == pytest.approx(out.loss.item(), abs=1e-5)
    assert [r.guess for r in repairs] == [out.logits[0, r.position].argmax().item() for r in repairs]
    assert result.right == sum(r.guess == found.original[r.position] for r in repairs)

"""Masked words against transformers' own pipeline and against one slow forward pass at a time."""

import math
from dataclasses import replace

import pytest
import torch
import transformers

from tests.viz import tiny
from viz.kit.errors import Problem
from viz.load import load_model
from viz.masked import cloze, joint, surprise
from viz.model import base

KINDS = ("bert", "roberta", "distilbert")
TEXT = "el as de ese palo gana"
HOSTILE = ["</script><script>alert(1)</script>", "مرحبا بالعالم", "🎈🎈🎈", "el\u2028palo", "{x} %s \\ $1$", "a" * 300]


@pytest.fixture(scope="module", params=KINDS)
def folder(request, tmp_path_factory):
    return tiny.save(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def model(folder):
    return load_model(folder)


@pytest.fixture(scope="module")
def tiny_bert(tmp_path_factory):
    return load_model(tiny.save("bert", tmp_path_factory.mktemp("bert")))


def slow_log_probs(model, ids, position):
    """(vocabulary,) from a pass of its own, with all logits and no padding."""
    with torch.inference_mode():
        out = model.net(torch.tensor([ids]))
    logits = out.prediction_logits if "prediction_logits" in out else out.logits
    return logits[0, position].log_softmax(-1)


def slow_chain(model, ids, positions):
    """Log-probability of the tokens at ``positions``, the later ones hidden, in passes of their own."""
    total = 0.0
    for n, position in enumerate(positions):
        row = list(ids)
        for p in positions[n:]:
            row[p] = model.tokenizer.mask_token_id
        total += slow_log_probs(model, row, position)[ids[position]].item()
    return total


def test_fill_mask_equals_the_pipeline(folder, model):
    net = transformers.AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32).eval()
    pipe = transformers.pipeline("fill-mask", model=net, tokenizer=model.tokenizer)
    text = f"el as de {model.tokenizer.mask_token} palo gana"
    theirs = pipe(text, top_k=8)
    (ours,) = model.fill_mask(text, k=8)
    assert [token for token, _ in ours] == [x["token_str"].strip() for x in theirs]
    assert [p for _, p in ours] == pytest.approx([x["score"] for x in theirs], abs=1e-6)
    assert model.fill_mask("el as de [MASK] palo gana", k=8) == [ours], "[MASK] is understood by every model"


def test_several_gaps_are_independent_and_cost_one_pass(model):
    before = model.forwards
    first, second = model.fill_mask("el [MASK] de ese [MASK] gana", k=3)
    assert model.forwards == before + 1
    cl = cloze.hide(model, "el [MASK] de ese [MASK] gana")
    for gap, answer in zip(cl.gaps, (first, second), strict=True):
        expected = slow_log_probs(model, cl.ids, gap.positions[0]).exp().topk(3).values.tolist()
        assert [p for _, p in answer] == pytest.approx(expected, abs=1e-6)


def test_pseudo_log_likelihood_is_one_batch_and_equals_one_token_at_a_time(model):
    texts = [TEXT, "cortó un palo seco", "gana"]
    before = model.forwards
    found = model.pseudo_log_likelihood(texts)
    assert model.forwards == before + 1
    for text, value in zip(texts, found, strict=True):
        read = model.tokenize(text)
        inside = [i for i, special in enumerate(read.special) if not special]
        assert value == pytest.approx(sum(slow_chain(model, read.ids, [i]) for i in inside), abs=1e-4)


def test_a_word_of_several_pieces_is_hidden_whole(model):
    found = surprise.surprise(model, "el paloseco gana")
    read = model.tokenize("el paloseco gana")
    assert [s.word.text for s in found] == ["el", "paloseco", "gana"]
    assert len(found[1].score.pieces) > 1
    for s in found:
        expected = slow_chain(model, read.ids, range(s.word.first, s.word.last))
        assert s.score.log_prob == pytest.approx(expected, abs=1e-4)
    total = sum(s.score.log_prob for s in found)
    assert total == pytest.approx(model.pseudo_log_likelihood("el paloseco gana", whole_words=True)[0], abs=1e-4)
    assert abs(total - model.pseudo_log_likelihood("el paloseco gana")[0]) > 1e-5


def test_candidates_of_any_length(model):
    cl = cloze.hide(model, TEXT, [4])
    before = model.forwards
    scores = cloze.score_candidates(model, cl, 0, ["palo", "paloseco", "as"])
    assert model.forwards == before + 1
    for word, score in zip(["palo", "paloseco", "as"], scores, strict=True):
        ids = model.tokenize(TEXT.replace("palo", word)).ids
        start = cl.gaps[0].positions[0]
        positions = range(start, start + len(score.pieces))
        assert score.word == word
        assert score.log_prob == pytest.approx(slow_chain(model, ids, positions), abs=1e-4)
        first = slow_log_probs(model, cloze.filled(ids, positions, [model.tokenizer.mask_token_id] * 99), start)
        assert score.ranks[0] == 1 + sum((first > first[ids[start]]).tolist())


def test_candidates_come_best_first_in_fill_mask(model):
    (answer,) = model.fill_mask("el [MASK] gana", candidates=["palo", "as", "seco"])
    assert {word for word, _ in answer} == {"palo", "as", "seco"}
    assert [p for _, p in answer] == sorted((p for _, p in answer), reverse=True)


def test_reading_of_a_gap(model):
    cl = cloze.hide(model, TEXT, [4])
    (reading,) = cloze.read_gaps(model, cl, k=4)
    p = slow_log_probs(model, cl.ids, cl.gaps[0].positions[0]).exp().double()
    assert reading.perplexity == pytest.approx(math.exp(-(p * p.log()).sum().item()), rel=1e-4)
    assert 1 <= reading.perplexity <= len(p)
    assert reading.truth.word == "palo"
    assert [x for _, x in reading.top] == pytest.approx(p.topk(4).values.tolist(), abs=1e-6)


def test_top_words_of_a_long_gap_are_the_best_chains(tiny_bert):
    """A beam as wide as the vocabulary is exhaustive."""
    cl = cloze.hide(tiny_bert, "el palos gana", [1])
    width = len(tiny_bert.tokenizer)
    (reading,) = cloze.read_gaps(tiny_bert, cl, k=width)
    first, second = cl.gaps[0].positions
    one = slow_log_probs(tiny_bert, cl.ids, first)
    best = max(
        one[a].item() + slow_log_probs(tiny_bert, cloze.filled(cl.ids, [first], [a]), second).max().item()
        for a in range(width)
    )
    assert math.log(reading.top[0][1]) == pytest.approx(best, abs=1e-4)


def test_joint_reading_is_a_chain(tiny_bert):
    cl = cloze.hide(tiny_bert, TEXT, [1, 4])
    width = len(tiny_bert.tokenizer)
    best, *rest = joint.joint(tiny_bert, cl, width)
    assert all(best.log_prob >= other.log_prob for other in rest)
    a, b = (gap.positions[0] for gap in cl.gaps)
    one = slow_log_probs(tiny_bert, cl.ids, a)
    chains = {}
    for x in range(width):
        two = slow_log_probs(tiny_bert, cloze.filled(cl.ids, [a], [x]), b)
        chains |= {(x, y): one[x].item() + two[y].item() for y in range(width)}
    assert best.log_prob == pytest.approx(max(chains.values()), abs=1e-4)
    assert chains[best.ids[0][0], best.ids[1][0]] == pytest.approx(best.log_prob, abs=1e-4)


def test_orders_differ_and_add_up(tiny_bert):
    cl = cloze.hide(tiny_bert, TEXT, [1, 2, 4])
    filling = [gap.truth for gap in cl.gaps]
    before = tiny_bert.forwards
    found = joint.orders(tiny_bert, cl, filling)
    assert tiny_bert.forwards == before + 1
    assert len(found) == 6
    assert [p for _, p in found] == sorted((p for _, p in found), reverse=True)
    for order, p in found:
        ids, total = cl.ids, 0.0
        for g in order:
            (position,), (piece,) = cl.gaps[g].positions, filling[g]
            total += slow_log_probs(tiny_bert, ids, position)[piece].item()
            ids = cloze.filled(ids, [position], [piece])
        assert math.log(p) == pytest.approx(total, abs=1e-4)


def test_gaps_kept_apart_are_a_product(tiny_bert):
    cl = cloze.hide(tiny_bert, TEXT, [1, 4])
    fillings = joint.joint(tiny_bert, cl, 3)
    before = tiny_bert.forwards
    found = joint.separate(tiny_bert, cl, fillings)
    assert tiny_bert.forwards == before + 1
    for filling, p in zip(fillings, found, strict=True):
        alone = [
            slow_log_probs(tiny_bert, cl.ids, g.positions[0])[i[0]] for g, i in zip(cl.gaps, filling.ids, strict=True)
        ]
        assert p == pytest.approx(math.exp(sum(x.item() for x in alone)), rel=1e-3)


def test_too_many_gaps_for_a_joint_reading(tiny_bert):
    cl = cloze.hide(tiny_bert, TEXT, [0, 1, 2, 3, 4])
    with pytest.raises(Problem, match="hasta 4 huecos"):
        joint.joint(tiny_bert, cl)


def test_nothing_right_of_the_gap_matters_once_it_is_hidden(model):
    texts = ("el palo gana de", "el palo de gana")
    halves = [cloze.hide_right(model, cloze.hide(model, text, [1]), 0) for text in texts]
    assert halves[0].ids == halves[1].ids
    both, left = surprise.sides(model, texts[0])
    assert left[-1].score.log_prob == pytest.approx(both[-1].score.log_prob, abs=1e-5), (
        "the last word has no right side"
    )
    half = halves[0]
    expected = slow_log_probs(model, half.ids, half.gaps[0].positions[0])[half.gaps[0].truth[0]].item()
    assert left[1].score.log_prob == pytest.approx(expected, abs=1e-4)


def test_gaps_know_what_they_hide(model):
    cl = cloze.hide(model, "el [MASK] de paloseco gana", [2])
    mask = model.tokenizer.mask_token_id
    assert [gap.truth is None for gap in cl.gaps] == [True, False]
    assert all(cl.ids[p] == mask for p in cl.masks)
    assert cloze.spell(model, cl.gaps[1].truth) == "paloseco"
    assert [w.text for w in cloze.words(model, "el [MASK] de paloseco gana")] == ["el", "de", "paloseco", "gana"]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_can_be_read(model, text):
    found = surprise.surprise(model, text, max_tokens=40)
    assert all(math.isfinite(s.score.log_prob) and s.score.log_prob <= 0 for s in found)
    seen = cloze.words(model, text, max_tokens=40)
    cl = cloze.hide(model, text, range(len(seen)), max_tokens=40)
    assert len(cl.ids) <= 40 and cl.masks


def test_a_mask_in_the_text_is_no_word_to_be_surprised_at(model):
    found = surprise.surprise(model, "el [MASK] de palo")
    assert [s.word.text for s in found] == ["el", "de", "palo"]
    with pytest.raises(Problem, match="ninguna palabra"):
        surprise.surprise(model, "[MASK]")


def test_clear_problems(tiny_bert):
    with pytest.raises(Problem, match="vacío"):
        surprise.surprise(tiny_bert, "   ")
    with pytest.raises(Problem, match="ningún hueco"):
        tiny_bert.fill_mask("el palo")
    with pytest.raises(Problem, match="no puede escribir «木»"):
        tiny_bert.fill_mask("el [MASK]", candidates=["木"])
    with pytest.raises(Problem, match="tiene 2 palabras"):
        cloze.hide(tiny_bert, "el palo", [7])
    headless = replace(tiny_bert, abilities=frozenset())
    for ask in (lambda: headless.fill_mask("el [MASK]"), lambda: headless.pseudo_log_likelihood("el palo")):
        with pytest.raises(Problem, match="MLM"):
            ask()


def test_more_rows_than_a_batch(tiny_bert, monkeypatch):
    texts = ["el palo", TEXT, "gana", "cortó un palo seco"]
    whole = tiny_bert.pseudo_log_likelihood(texts)
    monkeypatch.setattr(base, "BATCH", 3)
    assert tiny_bert.pseudo_log_likelihood(texts) == pytest.approx(whole, abs=1e-4)


def test_only_the_masks_meet_the_vocabulary(tiny_bert):
    batch = tiny_bert.pad([[2, 4, 6, 3], [2, 4, 3]], [[0] * 4, [0] * 3])
    at = batch["input_ids"] == 4
    out = tiny_bert.forward(batch, at=at)
    assert out.prediction_logits.shape == (1, 2, len(tiny_bert.tokenizer))
    full = tiny_bert.forward(batch).prediction_logits
    assert torch.allclose(out.prediction_logits[0], full[at], atol=1e-5)
    assert tiny_bert.forward(batch).prediction_logits.shape[:2] == (2, 4), "the hook is gone"


def test_a_mask_beyond_the_limit_says_so(tiny_bert):
    with pytest.raises(Problem, match="más allá de las 64 piezas"):
        tiny_bert.fill_mask("palo " * 100 + "[MASK]")
    with pytest.raises(Problem, match="más allá de las 10 piezas"):
        cloze.hide(tiny_bert, "el [MASK] de palo " + "as " * 20 + "[MASK]", max_tokens=10)
    with pytest.raises(Problem, match="ningún hueco"):
        tiny_bert.fill_mask("palo " * 100)


@pytest.mark.parametrize("word", ["\u200b", "\u00ad", "\ufeff", "\x00", "\u2060", "\ufe0f", "[MASK]"])
def test_candidates_that_nobody_can_write(model, word):
    with pytest.raises(Problem, match="no puede escribir"):
        model.fill_mask("El [MASK] seco.", candidates=[word])
    assert len(model.fill_mask("El [MASK] seco.", candidates=["palo"])[0]) == 1


@pytest.mark.parametrize("word", ["\u0301", "\ud800"])  # tokenizers of bytes can write these
def test_candidates_that_have_no_piece(tiny_bert, word):
    with pytest.raises(Problem, match="no puede escribir"):
        tiny_bert.fill_mask("El[MASK] seco.", candidates=[word])


def test_the_same_text_however_it_was_typed(tiny_bert):
    for typed in ("corto\u0301 un pa\u00adlo", "cortó un\u00a0palo", "cortó un palo\u200b"):
        assert tiny_bert.tokenize(typed).ids == tiny_bert.tokenize("cortó un palo").ids
        assert tiny_bert.fill_mask(f"{typed} [MASK]") == tiny_bert.fill_mask("cortó un palo [MASK]")


def test_a_word_that_begins_inside_a_token_of_another_keeps_its_name(model, monkeypatch):
    read = model.tokenize("el paloseco gana")
    first, second, third = read.words
    overlapping = replace(second, first=second.first - 1)  # its first token is the last one of the word before it
    shared = replace(read, words=(first, overlapping, third))
    monkeypatch.setattr(model, "tokenize", lambda *_: shared)
    assert [s.word for s in surprise.surprise(model, "el paloseco gana")] == [first, overlapping, third]

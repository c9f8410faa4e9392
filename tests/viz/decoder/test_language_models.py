"""GPT and ELMo against plain transformers, LSTM cells taken step by step, and every word spelled out by brute force."""

import itertools
import math

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

import viz
from tests.viz.decoder.readers import save_elmo, save_gpt, tiny_elmo, tiny_gpt
from viz.decoder.generate import odds
from viz.decoder.language_model import vocabulary
from viz.decoder.words import next_words
from viz.load import open_elmo, open_gpt

TEXT = "El as de ese palo gana."


@pytest.fixture(scope="module")
def gpt(tmp_path_factory):
    return tiny_gpt(tmp_path_factory.mktemp("gpt"))


@pytest.fixture(scope="module")
def elmo(tmp_path_factory):
    return tiny_elmo(tmp_path_factory.mktemp("elmo"))


def test_a_gpt_is_what_plain_transformers_opens(gpt, tmp_path):
    plain = AutoModelForCausalLM.from_pretrained(save_gpt(tmp_path), attn_implementation="eager").eval()
    (encoding,) = gpt.encode(TEXT)
    with torch.inference_mode():
        out = plain(torch.tensor([encoding.ids]), output_hidden_states=True, output_attentions=True)
        log = out.logits[0].log_softmax(-1)
    np.testing.assert_allclose(encoding.hidden_states, torch.cat(out.hidden_states), atol=1e-5)
    np.testing.assert_allclose(encoding.attentions, torch.cat(out.attentions), atol=1e-6)
    np.testing.assert_allclose(gpt.log_probabilities([encoding.ids])[0], log, atol=1e-5)
    assert (np.triu(encoding.attentions, 1) == 0).all()  # nothing to the right is looked at


@pytest.mark.parametrize("reader", ["gpt", "elmo"])
def test_what_comes_later_changes_nothing_from_the_left(reader, request):
    model = request.getfixturevalue(reader)
    short, long = model.encode(["el as de", "el as de ese palo gana."], attentions=False)
    width = short.hidden_states.shape[-1] // (1 if reader == "gpt" else 2)
    n = len(short.ids) - 1
    np.testing.assert_allclose(short.hidden_states[:, :n, :width], long.hidden_states[:, :n, :width], atol=1e-5)
    if reader == "elmo":  # and from the right it does
        assert np.abs(short.hidden_states[1:, :n, width:] - long.hidden_states[1:, :n, width:]).max() > 1e-3


def cells(lstm, rows):
    """The states of one LSTM, gate by gate: ``(tokens, size)``."""
    h = c = torch.zeros(lstm.hidden_size)
    found = []
    for x in rows:
        gates = lstm.weight_ih_l0 @ x + lstm.bias_ih_l0 + lstm.weight_hh_l0 @ h + lstm.bias_hh_l0
        i, f, g, o = gates.chunk(4)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        found.append(h)
    return torch.stack(found)


def test_an_elmo_is_lstm_cells_step_by_step(elmo):
    long, short = elmo.encode([TEXT, "palo"], attentions=False)
    for encoding in (long, short):
        with torch.no_grad():
            x = elmo.net.table.weight[list(encoding.ids)]
            left, right = [x], [x.flip(0)]
            for states, lstms in ((left, elmo.net.from_left), (right, elmo.net.from_right)):
                for n, lstm in enumerate(lstms):
                    states.append(cells(lstm, states[-1]) + (states[-1] if n else 0))
            expected = torch.stack([torch.cat([a, b.flip(0)], -1) for a, b in zip(left, right, strict=True)])
        np.testing.assert_allclose(encoding.hidden_states, expected, atol=1e-5)
        half = encoding.hidden_states.shape[-1] // 2
        assert (encoding.hidden_states[0, :, :half] == encoding.hidden_states[0, :, half:]).all()


def test_an_elmo_says_that_it_has_no_attention(elmo):
    with pytest.raises(viz.Problem, match="atención"):
        elmo.encode(TEXT)


def spelled_out(model, ids, direction):
    """Every word of up to two pieces with its probability, one piece at a time."""
    pieces, goes_on, special = vocabulary(model)
    first = model.log_probabilities([ids], direction)[0][-1 if direction == "left" else 0].exp()
    found = {}
    for a in range(len(pieces)):
        if special[a]:
            continue
        if direction == "left":
            if goes_on[a]:
                continue
            p = float(first[a] / first[~goes_on].sum())
            after = model.log_probabilities([[*ids, a]])[0][-1].exp()
            found[a,] = p * float(after[~goes_on].sum())
            for b in np.flatnonzero(goes_on).tolist():
                last = model.log_probabilities([[*ids, a, b]])[0][-1].exp()
                found[a, b] = p * float(after[b] * last[~goes_on].sum())
        elif not goes_on[a]:
            found[a,] = float(first[a])
        else:
            before = model.log_probabilities([[a, *ids]], "right")[0][0].exp()
            for b in np.flatnonzero(~(goes_on | special).numpy()).tolist():
                found[b, a] = float(first[a] * before[b])
    return found


@pytest.mark.parametrize(("reader", "direction"), [("gpt", "left"), ("elmo", "left"), ("elmo", "right")])
def test_words_have_the_probability_of_their_pieces(reader, direction, request):
    model = request.getfixturevalue(reader)
    read = model.tokenize("el as de")
    ids = read.ids[:-1] if direction == "left" else read.ids[1:]
    expected = spelled_out(model, ids, direction)
    pieces = vocabulary(model)[0]
    found = next_words(model, ids, 10, direction)
    assert [p for _, p in found] == sorted((p for _, p in found), reverse=True)
    names = {}
    for word, p in expected.items():
        names.setdefault("".join(pieces[i].removeprefix("##") for i in word), set()).add(round(p, 9))
    for word, p in found:
        assert any(math.isclose(p, q, rel_tol=1e-3, abs_tol=1e-8) for q in names[word]), word
    likeliest = max(expected.values())
    assert math.isclose(found[0][1], likeliest, rel_tol=1e-3)


def test_surprise_sums_to_the_text(gpt, elmo):
    for model, direction in ((gpt, "left"), (elmo, "left"), (elmo, "right")):
        read = model.tokenize(TEXT)
        found = model.surprise(TEXT) if model is gpt else model.surprise(TEXT, direction)
        assert [x.word for x in found] == list(read.words)
        (log,) = model.log_probabilities([read.ids], direction)
        places = range(1, len(read.ids) - 1)
        total = sum(float(log[i + (-1 if direction == "left" else 1), read.ids[i]]) for i in places)
        assert math.isclose(sum(x.log_prob for x in found), total, rel_tol=1e-5)
        assert math.isclose(found[0].bits, -found[0].log_prob / math.log(2))


def test_odds_are_what_was_asked():
    log = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    np.testing.assert_allclose(odds(log), [0.5, 0.3, 0.15, 0.05], atol=1e-6)
    np.testing.assert_allclose(odds(log, temperature=0), [1, 0, 0, 0])
    np.testing.assert_allclose(odds(log, top_k=2), [0.625, 0.375, 0, 0], atol=1e-6)
    np.testing.assert_allclose(odds(log, top_p=0.7), [0.625, 0.375, 0, 0], atol=1e-6)
    np.testing.assert_allclose(odds(log, top_p=0.01), [1, 0, 0, 0], atol=1e-6)
    assert odds(log, temperature=2)[0] < 0.5 < odds(log, temperature=0.5)[0]
    for wrong in ({"temperature": -1}, {"top_k": -1}, {"top_p": 0}, {"top_p": 1.1}):
        with pytest.raises(viz.Problem):
            odds(log, **wrong)


@pytest.mark.parametrize(("save", "open_folder"), [(save_gpt, open_gpt), (save_elmo, open_elmo)])
def test_broken_weights_are_refused(save, open_folder, tmp_path):
    path = save(tmp_path) / "model.safetensors"
    whole = load_file(path)
    name = next(n for n in whole if n.endswith("weight"))
    save_file({n: w for n, w in whole.items() if n != name}, path, {"format": "pt"})
    with pytest.raises(viz.Problem, match="no se pueden abrir"):
        open_folder(tmp_path, "roto")
    save_file(whole | {name: whole[name] * float("nan")}, path, {"format": "pt"})
    with pytest.raises(viz.Problem, match="NaN"):
        open_folder(tmp_path, "roto")


def test_a_text_grows_alike_for_the_same_seed(gpt):
    one, same, other = (list(gpt.generate("el as", 12, seed=seed)) for seed in (3, 3, 4))
    assert one == same
    assert one != other
    for step in itertools.islice(one, 5):
        assert 0 < step.probability <= 1
        assert step.piece not in ("[CLS]", "[PAD]", "[MASK]", "[UNK]")
    (first, *_) = gpt.generate("el as", 3, temperature=0)
    assert first.piece == first.likeliest[0][0]
    with pytest.raises(viz.Problem, match="derecha"):
        gpt.log_probabilities([[2, 5]], "right")

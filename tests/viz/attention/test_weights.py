"""Attention by piece and by word, head statistics, rollout, norms and products, against plain torch and by hand."""

import base64
import json
import re
import threading
import zlib
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
import torch

import viz
from tests.viz import tiny
from viz.attention import ablation
from viz.attention import weights as attention
from viz.attention.classic import LIMITS, classic_html
from viz.attention.figure import LIMIT, attention_html, quantise, script_safe
from viz.kit.text import escape_html
from viz.masked import cloze

SHAPES = {
    "bert": {"num_hidden_layers": 24},
    "roberta": {"num_hidden_layers": 12},
    "distilbert": {"n_layers": 6},
    "electra": {"num_hidden_layers": 12},
}
TEXT = ("el palo seco ganaba.", "cortó la asa")


@pytest.fixture(scope="module", params=SHAPES)
def model(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    return viz.load_model(tiny.save(request.param, folder, **SHAPES[request.param]))


@pytest.fixture(scope="module")
def reading(model):
    return attention.read(model, TEXT)


def test_one_pass_is_enough(model):
    before = model.forwards
    attention.read(model, TEXT)
    assert model.forwards == before + 1


def test_words_average_rows_and_sum_columns(reading):
    encoding = reading.encoding
    shown = attention.units(encoding, words=True)
    assert len(shown.labels) < len(encoding.tokens)
    np.testing.assert_allclose(shown.weights.sum(-1), 1, atol=1e-5)
    gana = encoding.word_at(13, 19)
    row, column = shown.labels.index("ganaba"), shown.labels.index("palo")
    palo = encoding.word_at(3, 7)
    block = encoding.attentions[:, :, gana.first : gana.last, palo.first : palo.last]
    np.testing.assert_allclose(shown.weights[:, :, row, column], block.sum(-1).mean(-1), atol=1e-6)
    assert shown.segments[shown.labels.index("cortó")] == 1


def test_statistics_of_a_made_up_head(bert):
    encoding = bert.encode("Un palo seco, nada más.")[0]
    n = len(encoding.tokens)
    previous = np.zeros((1, 2, n, n), dtype=np.float32)
    previous[0, 0, np.arange(1, n), np.arange(n - 1)] = 1  # looks at the token before
    previous[0, 1] = 1 / n  # looks at everything alike
    table = viz.head_statistics(replace(encoding, attentions=previous))
    first, even = table.iloc[0], table.iloc[1]
    assert first["previous"] == pytest.approx(1) and first["entropy"] == pytest.approx(0, abs=1e-6)
    assert first["distance"] == pytest.approx(1) and first["next"] == 0
    assert even["entropy"] == pytest.approx(np.log(n), abs=1e-5)
    assert even["cls"] == even["sep"] == pytest.approx(1 / n)
    marks = sum(w.last - w.first for w in encoding.words if w.text in ",.")
    assert even["punctuation"] == pytest.approx(marks / n)


def test_rollout_is_the_product_of_half_residual_layers(reading):
    weights = reading.encoding.attentions
    found = attention.rollout(weights)
    expected = torch.eye(weights.shape[-1], dtype=torch.float64)
    for layer, got in zip(torch.from_numpy(weights.copy()).double(), found, strict=True):
        expected = (0.5 * layer.mean(0) + 0.5 * torch.eye(len(expected))) @ expected
        np.testing.assert_allclose(got[0], expected, atol=1e-5)


def test_norms_are_those_of_the_vectors_handed_over(model, reading):
    encoding, heads = reading.encoding, model.attention_heads
    site, layer, head, dim = model.sites[1], 1, 2, model.config.hidden_size // heads
    with torch.no_grad():
        x = torch.from_numpy(encoding.hidden_states[layer].copy())  # what enters layer 1 is the output of layer 0
        part = slice(head * dim, (head + 1) * dim)
        handed = (x @ site.value.weight[part].T + site.value.bias[part]) @ site.output.weight[:, part].T
    expected = encoding.attentions[layer, head] * handed.norm(dim=1).numpy()
    expected /= expected.sum(-1, keepdims=True)
    np.testing.assert_allclose(attention.norm_weights(reading)[layer, head], expected, atol=1e-5)


def test_products_give_back_the_weights(reading):
    for layer, head, token in ((0, 0, 1), (2, 3, 4), (5, 1, 2)):
        scores = attention.products(reading, layer, head, token).sum(axis=1)
        weights = np.exp(scores - scores.max())
        np.testing.assert_allclose(weights / weights.sum(), reading.encoding.attentions[layer, head, token], atol=1e-5)


def test_ablating_a_layer_is_zeroing_its_attention_output(model):
    batch = model.pad([model.encode(TEXT[0])[0].ids], [model.encode(TEXT[0])[0].segments])
    layer = 2
    before = model.net(**batch, output_hidden_states=True).hidden_states
    zero = lambda _, inputs: (torch.zeros_like(inputs[0]), *inputs[1:])  # noqa: E731
    hook = output_of(model, layer).register_forward_pre_hook(zero)
    plain = model.net(**batch, output_hidden_states=True).hidden_states
    hook.remove()
    with model.ablate([(layer, head) for head in range(model.attention_heads)]):
        ours = model.net(**batch, output_hidden_states=True).hidden_states
    after = model.net(**batch, output_hidden_states=True).hidden_states
    assert not torch.equal(before[-1], ours[-1])
    for a, b, c, d in zip(plain, ours, before, after, strict=True):
        assert torch.equal(a, b)
        assert torch.equal(c, d)


def output_of(model, layer):
    """The output projection of a layer, found by its name in each architecture rather than by our own search."""
    if model.config.model_type == "distilbert":
        return model.encoder.transformer.layer[layer].attention.out_lin
    return model.encoder.encoder.layer[layer].attention.output.dense


def test_one_head_off_takes_its_slice_away(model):
    layer, head = 1, 3
    seen = {}
    hook = output_of(model, layer).register_forward_pre_hook(lambda _, inputs: seen.update(x=inputs[0]))
    model.encode(TEXT[0])
    whole = seen["x"]
    with model.ablate([(layer, head)]):
        model.encode(TEXT[0])
    hook.remove()
    dim = whole.shape[-1] // model.attention_heads
    assert not seen["x"][..., head * dim : (head + 1) * dim].any()
    rest = [k for k in range(whole.shape[-1]) if k // dim != head]
    assert torch.equal(seen["x"][..., rest], whole[..., rest])


def test_ablation_does_not_reach_another_thread(model):
    expected = model.encode(TEXT[0])[0].hidden_states
    off = [(layer, head) for layer in range(model.layers) for head in range(model.attention_heads)]
    inside, done, other = threading.Event(), threading.Event(), {}

    def reader():
        inside.wait(30)
        other["states"] = model.encode(TEXT[0])[0].hidden_states
        done.set()

    thread = threading.Thread(target=reader)
    thread.start()
    with model.ablate(off):
        inside.set()
        assert done.wait(30)
        mine = model.encode(TEXT[0])[0].hidden_states
    thread.join()
    assert np.array_equal(other["states"], expected)
    assert not np.array_equal(mine, expected)


def test_ablation_ends_with_an_error_and_refuses_heads_that_are_not_there(model):
    expected = model.encode(TEXT[0])[0].hidden_states
    with pytest.raises(ZeroDivisionError), model.ablate([(0, 0)]):
        raise ZeroDivisionError
    assert np.array_equal(model.encode(TEXT[0])[0].hidden_states, expected)
    for head in ((model.layers, 0), (0, model.attention_heads), (-1, 0)):
        with pytest.raises(viz.Problem, match="No existe la cabeza"):
            model.ablate([head])


def test_ranking_in_one_batch_equals_one_head_at_a_time(model):
    masked = cloze.hide(model, TEXT[0], [1])
    ranking = ablation.rank_heads(model, masked)
    assert len(ranking) == model.layers * model.attention_heads
    assert ranking["divergence"].is_monotonic_decreasing and ranking["divergence"].iloc[0] > 0
    first = ranking.iloc[0]
    ids = model.pad([masked.ids], [masked.segments])

    def probs():
        out = model.net(**ids)
        logits = out.prediction_logits if "prediction_logits" in out else out.logits
        return logits[0, masked.masks[0]].softmax(-1)

    with torch.no_grad():
        before = probs()
        with model.ablate([(int(first["layer"]), int(first["head"]))]):
            after = probs()
    divergence = (before * (before / after).log()).sum().item()
    assert first["divergence"] == pytest.approx(divergence, abs=1e-5)
    assert first["before"] == pytest.approx(before.max().item(), abs=1e-5)
    assert first["after"] == pytest.approx(after[before.argmax()].item(), abs=1e-5)


# ---- the document


@pytest.mark.parametrize("temperature", [0.01, 1, 10])
def test_rounding_is_at_most_two_thousandths_and_rows_keep_their_sum(temperature):
    rng = np.random.default_rng(0)
    weights = torch.tensor(rng.normal(size=(2, 3, 128, 128)) * temperature).softmax(-1).float().numpy()
    found = quantise(weights) / 1000
    assert np.abs(found - weights).max() <= 0.00101
    assert np.abs(found.sum(-1) - 1).max() < 1e-9


def unpack(html):
    data = json.loads(re.search(r'id="data">(.*?)</script>', html, re.S)[1])
    planes = np.frombuffer(zlib.decompress(base64.b64decode(re.search(r'id="weights">(.*?)<', html)[1])), np.uint8)
    low, high = planes.reshape(2, -1).astype(int)
    n = len(data["labels"])
    return data, (low + 256 * high).reshape(len(data["layers"]), data["heads"], n, n) / 1000


def test_the_document_carries_the_weights(model, reading):
    data, weights = unpack(attention_html(reading.encoding, layer=1, heads=[0, 2], view="map"))
    np.testing.assert_allclose(weights, reading.encoding.attentions, atol=0.00101)
    assert (data["layer"], data["on"], data["view"]) == (1, [0, 2], "map")
    assert set(data["segments"]) == {0, 1}


def test_the_document_asks_for_nothing_outside(reading):
    html = attention_html(reading.encoding)
    assert not re.findall(r'(?:src|href)="(?!data:|\$)', html) and "@@" not in html
    assert [x for x in re.findall(r"https?://[^\"'\s]+", html) if "www.w3.org" not in x] == []


def test_a_notebook_gets_a_frame(reading):
    html = attention_html(reading.encoding)
    framed = html._repr_html_()
    assert framed.startswith('<iframe srcdoc="') and "<script" not in framed
    assert unescape(re.search(r'srcdoc="(.*?)"', framed, re.S)[1]) == html


HOSTILE = "</script><img src=x onerror=alert(1)>&\u2028<!--"


def test_hostile_labels_cannot_leave_the_script(reading):
    texts = {"model": HOSTILE, "rounded": HOSTILE, "sums": "@@DATA@@", "faint": "", "oneLayer": ""}
    html = attention_html(reading.encoding, texts=texts, note=HOSTILE)
    assert html.count("</script>") == 3 and "<img" not in html and "<!--" not in html and "\u2028" not in html
    assert json.loads(script_safe(HOSTILE)) == HOSTILE
    assert escape_html(HOSTILE).startswith("&lt;")


def test_long_texts_get_one_layer_or_their_last_part(bert):
    n = 512
    long = replace(
        bert.encode("palo")[0],
        tokens=("palo",) * n,
        ids=(1,) * n,
        offsets=((0, 4),) * n,
        words=(),
        segments=(0,) * n,
        special=(False,) * n,
        hidden_states=np.zeros((3, n, 1), np.float32),
        attentions=np.full((2, 4, n, n), 1 / n, np.float32),
    )
    data, weights = unpack(attention_html(long, layer=1))
    assert data["layers"] == [2] and weights.shape == (1, 4, n, n) and "512" in data["note"]
    assert np.abs(weights.sum(-1) - 1).max() < 1e-9
    part = attention.last_tokens(attention.Pass(long, None, None, None), LIMIT)
    data, weights = unpack(attention_html(part.encoding))
    assert weights.shape == (2, 4, LIMIT, LIMIT) and "Cada fila suma 1" not in data["note"]


def test_views_layers_and_heads_that_are_not_there_are_refused(reading):
    for wrong in ({"view": "neuron"}, {"layer": 99}, {"heads": [99]}, {"heads": []}):
        with pytest.raises(viz.Problem):
            attention_html(reading.encoding, **wrong)


def test_the_classic_view_is_bounded_and_offline(bert):
    encoding = bert.encode("un palo")[0]
    for view in LIMITS:
        html = classic_html(encoding, view)
        assert "cdnjs.cloudflare.com/ajax/libs/require" not in html and "d3js.org v5" in html
    with pytest.raises(viz.Problem, match="clásica"):
        classic_html(bert.encode("seco palo la " * 9)[0], "model")
    with pytest.raises(viz.Problem, match="bertviz"):
        classic_html(encoding, "neuron")


@pytest.mark.parametrize("ask", [attention.units, viz.head_statistics, attention_html, classic_html])
def test_an_encoding_without_attentions_says_so(model, ask):
    with pytest.raises(viz.Problem, match="no guardó la atención"):
        ask(model.encode(["el palo"], attentions=False)[0])


def test_evenness_is_the_share_of_the_most_there_can_be():
    assert attention.evenness(np.log(7), 7) == pytest.approx(1) and attention.evenness(np.log(3), 9) == pytest.approx(
        0.5
    )
    assert attention.evenness(0.0, 1) == 0  # a single token leaves nothing to share out

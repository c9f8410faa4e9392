"""How BERT reads: pieces, inputs, a layer, architectures; the oracle is transformers itself."""

import numpy as np
import pytest
import tokenizers
import torch
import transformers
from torch.utils.flop_counter import FlopCounterMode

import viz
from viz.context.lessons import load_lessons
from viz.context.occurrences import strip_brackets
from viz.reading.architectures import (
    BERT_BASE,
    BERT_LARGE,
    NAMED,
    OPENAI_GPT,
    TRANSFORMER_BASE,
    Architecture,
    flops,
    from_config,
    parameters,
    total_parameters,
)
from viz.reading.figures import masks, parameter_bars, position_map
from viz.reading.inputs import compare_orders, inputs_of, position_similarity, swap_words
from viz.reading.layer_walk import share_seen_by_causal, walk
from viz.reading.token_cost import cost, load_pairs, read_tokenizer, total
from viz.reading.wordpiece import wordpiece_of, words_of

TEXT = "El paleontólogo perdió el as de ese palo."


@pytest.fixture(scope="module")
def encoding(bert):
    return bert.encode([TEXT])[0]


# --- pieces


def test_pieces_are_the_tokenizers(bert):
    cutter = wordpiece_of(bert.tokenizer)
    sentences = [
        strip_brackets(sentence)[0]
        for lang in ("es", "en")
        for lesson in load_lessons(lang).values()
        for sentence, _ in lesson.rows
    ]
    for sentence in (*sentences, "龘 ☃😀 naïve café x" + "y" * 150, "</script>", "שלום עולם"):
        ours = [piece for word in words_of(bert.tokenizer, sentence) for piece in cutter.cut(word).pieces]
        assert ours == bert.tokenizer.tokenize(sentence), sentence


def test_steps_are_greedy_and_complete(bert):
    cutter = wordpiece_of(bert.tokenizer)
    trace = cutter.cut("paleontológicamente")
    assert [step.piece for step in trace.steps if step.found] == list(trace.pieces) and not trace.unknown
    assert all((step.piece in cutter.vocabulary) == step.found for step in trace.steps)
    assert "".join(piece.removeprefix("##") for piece in trace.pieces) == "paleontológicamente"
    assert trace.steps[0].piece == "paleontológicamente"
    assert cutter.cut("a" * 101).pieces == ("[UNK]",) and cutter.cut("龘").unknown


def test_other_kinds_of_tokenizer_are_refused():
    bpe = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizers.Tokenizer(tokenizers.models.BPE()))
    with pytest.raises(viz.Problem, match="BPE"):
        wordpiece_of(bpe)


def test_cost(bert):
    backend = bert.tokenizer.backend_tokenizer
    assert cost(backend, TEXT).pieces == tuple(bert.tokenizer.tokenize(TEXT))
    pairs = load_pairs()
    assert total(backend, [es for es, _ in pairs]) == sum(len(bert.tokenizer.tokenize(es)) for es, _ in pairs)
    again = read_tokenizer(backend.to_str().encode(), "tokenizer.json")
    assert cost(again, TEXT) == cost(backend, TEXT)
    for data in (b"", b"\xff\xfe", b"{}", b"</script>"):
        with pytest.raises(viz.Problem, match="no es un tokenizer"):
            read_tokenizer(data, "x.json")


# --- inputs


def test_inputs_add_up_to_hidden_state_zero(bert, encoding):
    parts = inputs_of(bert, encoding)
    np.testing.assert_allclose(parts.token + parts.segment + parts.position, parts.total, atol=1e-6)
    np.testing.assert_allclose(parts.normed, encoding.hidden_states[0], atol=1e-5)


def test_models_without_such_inputs_are_refused(encoding):
    electra = transformers.ElectraModel(
        transformers.ElectraConfig(
            hidden_size=32, embedding_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
        )
    )
    distil = transformers.DistilBertModel(transformers.DistilBertConfig(dim=32, n_layers=1, n_heads=2, hidden_dim=32))
    with pytest.raises(viz.Problem, match="ensancha"):
        inputs_of(viz.Model("electra", electra, None), encoding)
    with pytest.raises(viz.Problem, match="hechas como"):
        walk(viz.Model("distil", distil, None), encoding, 1, 0, 0)


def test_positions(bert):
    cosines = position_similarity(bert, 16)
    table = bert.encoder.embeddings.position_embeddings.weight.detach().numpy()
    a, b = table[3], table[7]
    assert cosines[3, 7] == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b), abs=1e-5)
    position_map(cosines)


def test_order(bert, encoding):
    changed = swap_words(encoding, 1, 7)
    assert changed == "El palo perdió el as de ese paleontólogo."
    after = bert.encode([changed])[0]
    rows = compare_orders(encoding, after, 1, 7)
    assert [r.word for r in rows if r.moved] == ["paleontólogo", "palo"]
    assert min(r.last for r in rows) < 0.999
    same = compare_orders(encoding, after, 1, 7)[0].first  # "El" stays in place: equal input
    assert same == pytest.approx(1, abs=1e-5)
    for i, j in ((2, 2), (0, 99)):
        with pytest.raises(viz.Problem, match="dos palabras"):
            swap_words(encoding, i, j)


# --- a layer


@pytest.mark.parametrize("layer", [1, 6, 12])
def test_a_walk_ends_where_the_model_goes(bert, encoding, layer):
    w = walk(bert, encoding, layer, 2, 3)
    np.testing.assert_allclose(w.out, encoding.hidden_states[layer, 2], atol=2e-4)
    np.testing.assert_allclose(w.all_weights, encoding.attentions[layer - 1, 3], atol=1e-5)
    np.testing.assert_allclose(w.weights @ w.values, w.head_output, atol=1e-5)
    np.testing.assert_allclose(w.keys @ w.query / np.sqrt(len(w.query)), w.scores, atol=1e-4)


def test_the_causal_mask_hides_the_right(bert, encoding):
    both, causal = (walk(bert, encoding, 4, 2, 0, causal=flag) for flag in (False, True))
    assert np.triu(causal.all_weights, 1).max() == 0
    np.testing.assert_allclose(causal.all_weights.sum(1), 1, atol=1e-5)
    seen = both.weights[:3] / both.weights[:3].sum()
    np.testing.assert_allclose(causal.weights[:3], seen, atol=1e-5)  # softmax over what is left
    last = len(encoding.tokens) - 1
    np.testing.assert_allclose(
        walk(bert, encoding, 4, last, 0, causal=True).weights, walk(bert, encoding, 4, last, 0).weights, atol=1e-6
    )
    assert share_seen_by_causal(causal.all_weights) == pytest.approx(1)
    assert share_seen_by_causal(np.full((4, 4), 0.25)) == pytest.approx(10 / 16)
    masks(both.all_weights, causal.all_weights, encoding.tokens, ("a", "b"))


# --- architectures


def build(a: Architecture):
    """The transformers model of these numbers, without memory."""
    shape = {"vocab_size": a.vocabulary, "attn_implementation": "eager"}
    with torch.device("meta"):
        if a.kind == "both":
            return transformers.MarianModel(
                transformers.MarianConfig(
                    **shape,
                    d_model=a.hidden,
                    encoder_layers=a.layers,
                    decoder_layers=a.layers,
                    encoder_attention_heads=a.heads,
                    decoder_attention_heads=a.heads,
                    encoder_ffn_dim=a.feed_forward,
                    decoder_ffn_dim=a.feed_forward,
                    pad_token_id=0,
                    decoder_start_token_id=0,
                )
            )
        if a.kind == "decoder":
            return transformers.OpenAIGPTModel(
                transformers.OpenAIGPTConfig(
                    **shape, n_layer=a.layers, n_embd=a.hidden, n_head=a.heads, n_positions=a.positions
                )
            )
        return transformers.BertModel(
            transformers.BertConfig(
                **shape,
                hidden_size=a.hidden,
                num_hidden_layers=a.layers,
                num_attention_heads=a.heads,
                intermediate_size=a.feed_forward,
                max_position_embeddings=a.positions,
            )
        )


def ours(bert) -> Architecture:
    return from_config("ours", bert.config)


@pytest.mark.parametrize("name", [*(a.name for a in NAMED), "ours", "odd"])
def test_counts_are_those_of_transformers(bert, name):
    known = {a.name: a for a in NAMED} | {"ours": ours(bert), "odd": Architecture("odd", "encoder", 3, 96, 6, 100, 999)}
    a = known[name]
    net = build(a)
    # Sinusoidal positions are in transformers' module, but nobody learns them.
    assert total_parameters(a) == net.num_parameters(only_trainable=a.kind == "both")
    tokens = 40
    ids = torch.zeros(1, tokens, dtype=torch.long, device="meta")
    with FlopCounterMode(display=False) as counter:
        net(input_ids=ids, **({"decoder_input_ids": ids} if a.kind == "both" else {}))
    assert flops(a, tokens) == pytest.approx(counter.get_total_flops(), rel=0.05)


def test_our_own_model_is_counted_as_it_is(bert):
    pooler = 0 if bert.encoder.pooler is not None else parameters(ours(bert))["pooler"]
    assert total_parameters(ours(bert)) - pooler == bert.encoder.num_parameters()


def test_the_table_of_sizes():
    assert [(a.layers, a.hidden, a.heads) for a in (TRANSFORMER_BASE, BERT_BASE, BERT_LARGE)] == [
        (6, 512, 8),
        (12, 768, 12),
        (24, 1024, 16),
    ]
    assert total_parameters(BERT_BASE) == 109_482_240 and OPENAI_GPT.head_size == 64
    figure = parameter_bars(NAMED, {part: part for part in parameters(BERT_BASE)}, "M")
    bars = sum(np.array(bar.x) for bar in figure.data)
    np.testing.assert_allclose(bars, [total_parameters(a) / 1e6 for a in NAMED])

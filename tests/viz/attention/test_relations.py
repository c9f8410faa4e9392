"""Relations on a small treebank made here, with heads whose attention is known."""

import json
from dataclasses import replace

import numpy as np
import pytest

import viz
from viz.attention import relations as heads
from viz.attention.relations import RELATIONS, fingerprint, most_attended, pairs, score_relations
from viz.attention.treebank import read_conllu
from viz.kit.paths import EMBEDDED, MODELS

CONLLU = """# text = La niña mira el barco rojo.
1\tLa\tel\tDET\t_\t_\t2\tdet\t_\t_
2\tniña\tniña\tNOUN\t_\t_\t3\tnsubj\t_\t_
3\tmira\tmirar\tVERB\t_\t_\t0\troot\t_\t_
4\tel\tel\tDET\t_\t_\t5\tdet\t_\t_
5\tbarco\tbarco\tNOUN\t_\t_\t3\tobj\t_\t_
6\trojo\trojo\tADJ\t_\t_\t5\tamod\t_\tSpaceAfter=No
7\t.\t.\tPUNCT\t_\t_\t3\tpunct\t_\t_

# text = Voy del puerto.
1\tVoy\tir\tVERB\t_\t_\t0\troot\t_\t_
2-3\tdel\t_\t_\t_\t_\t_\t_\t_\t_
2\tde\tde\tADP\t_\t_\t4\tcase\t_\t_
3\tel\tel\tDET\t_\t_\t4\tdet\t_\t_
4\tpuerto\tpuerto\tNOUN\t_\t_\t1\tobl:arg\t_\tSpaceAfter=No
4.1\tx\tx\tVERB\t_\t_\t_\t_\t_\t_
5\t.\t.\tPUNCT\t_\t_\t1\tpunct\t_\t_

"""


@pytest.fixture
def trees(tmp_path):
    path = tmp_path / "small.conllu"
    path.write_text(CONLLU, "utf-8")
    return list(read_conllu(path))


def test_conllu_forms_and_words(trees):
    assert [t.text for t in trees] == ["La niña mira el barco rojo.", "Voy del puerto."]
    first, second = trees
    assert [first.text[a:b] for a, b in first.forms] == ["La", "niña", "mira", "el", "barco", "rojo", "."]
    assert [second.text[a:b] for a, b in second.forms] == ["Voy", "del", "puerto", "."]
    assert [w.form for w in second.words] == [0, 1, 1, 2, 3]
    assert second.words[3].relation == "obl" and second.words[0].head is None


def test_pairs_go_in_the_direction_of_the_relation(trees):
    first, second = trees
    assert pairs(first, RELATIONS["det"]) == [(0, 1), (3, 4)]
    assert pairs(first, RELATIONS["nsubj"]) == [(2, 1)]
    assert pairs(first, RELATIONS["obj"]) == [(2, 4)]
    assert pairs(first, RELATIONS["amod"]) == [(5, 4)]
    assert pairs(second, RELATIONS["case"]) == [(1, 2)]


class Scripted:
    """A model whose head 0 looks at the next token and whose head 1 looks at the one before."""

    layers, attention_heads = 1, 2

    def __init__(self, real):
        self.real = real

    def encode(self, texts, max_tokens=None):
        made = []
        for encoding in self.real.encode(texts, max_tokens=max_tokens):
            n = len(encoding.tokens)
            weights = np.zeros((1, 2, n, n), dtype=np.float32)
            weights[0, 0, np.arange(n - 1), np.arange(1, n)] = 1
            weights[0, 1, np.arange(1, n), np.arange(n - 1)] = 1
            made.append(replace(encoding, attentions=weights))
        return made


def test_scores_of_heads_that_are_known(bert, trees):
    scores = score_relations(Scripted(bert), trees)
    assert scores["det"].n == 3 and scores["det"].offset == 1 and scores["det"].baseline == 1
    assert scores["amod"].offset == -1 and scores["amod"].n == 1
    assert scores["obj"].offset == 2 and scores["aux"].n == 0
    # «mira el barco»: neither the next nor the previous word is the object.
    assert scores["obj"].accuracy.tolist() == [[0, 0]]
    assert scores["nsubj"].accuracy[0, 1] == 1 or len(bert.encode("niña")[0].tokens) > 3


def test_a_word_never_counts_as_looking_at_itself(bert):
    encoding = bert.encode("Un palo seco.")[0]
    n = len(encoding.tokens)
    own = replace(encoding, attentions=np.eye(n, dtype=np.float32)[None, None])
    seen, looked = most_attended(own, [(0, 2), (3, 7), (8, 12), (99, 100)])
    assert seen.tolist() == [True, True, True, False]
    assert all(looked[0, 0, k] not in (k, 3) for k in range(3))


def test_find_heads_ranks_what_the_table_says(bert, tmp_path, monkeypatch):
    (tmp_path / bert.name).mkdir()
    weights = tmp_path / bert.name / "model.safetensors"
    weights.write_bytes(b"x")
    part = {"accuracy": [[0.1, 0.9], [0.5, 0.2]], "n": 10, "offset": 1, "baseline": 0.4}
    other = part | {"accuracy": [[0.3, 0.7], [0.6, 0.2]]}
    table = {
        "weights": fingerprint(weights, 0),
        "sentences": 1,
        "languages": {"es": {"treebank": "t", "choose": {"det": part}, "measure": {"det": other}}},
    }
    (tmp_path / bert.name / heads.TABLE).write_text(json.dumps(table), "utf-8")
    monkeypatch.setattr(heads, "MODELS", tmp_path)
    found = viz.find_heads(bert, "det")
    assert found[["layer", "head"]].iloc[0].tolist() == [0, 1] and found["accuracy"].iloc[0] == 0.7
    assert found["chosen_on"].is_monotonic_decreasing and set(found["baseline"]) == {0.4}
    assert not heads.load_table(bert)["stale"]
    with pytest.raises(viz.Problem, match="relación"):
        viz.find_heads(bert, "love")
    with pytest.raises(viz.Problem, match="No hay tabla"):
        viz.find_heads(bert, "det", "fr")
    (tmp_path / bert.name / heads.TABLE).unlink()
    with pytest.raises(viz.Problem, match="calcula"):
        viz.find_heads(bert, "det")


def test_the_shipped_table_fits_the_shipped_model(bert):
    if not (MODELS / EMBEDDED / heads.TABLE).is_file():
        pytest.skip("the weights were replaced and benchmarks.heads has not run since")
    table = heads.load_table(bert)
    assert not table["stale"]
    for language in ("es", "en"):
        for relation in RELATIONS:
            found = viz.find_heads(bert, relation, language)
            assert len(found) == bert.layers * bert.attention_heads
            assert found["accuracy"].between(0, 1).all() and found["n"].iloc[0] > 0

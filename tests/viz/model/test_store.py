"""What was read once is not read again, within a limit of bytes."""

import numpy as np

from tests.small import small_bert
from viz.classify.states import TextStates
from viz.model.store import Store, TextCache


def test_a_cache_computes_each_text_once_and_forgets_the_oldest():
    asked = []

    def compute(texts):
        asked.append(list(texts))
        return [np.full(len(text), 1, np.uint8) for text in texts]

    cache = TextCache(compute, lambda value: value.nbytes, 10)
    assert cache.missing(["aaa", "bbbb", "aaa"]) == ["aaa", "bbbb"] and cache.known(["aaa"]) == {}
    assert list(cache.add(["aaa", "bbbb"])) == ["aaa", "bbbb"] and cache.missing(["bbbb", "aaa"]) == []
    cache.known(["aaa"])  # used lately, so "bbbb" goes first
    cache.add(["ccccc"])
    assert cache.missing(["aaa", "bbbb", "ccccc"]) == ["bbbb"]
    assert len(cache.add(["d" * 11])["d" * 11]) == 11 and cache.missing(
        ["d" * 11]
    )  # finds no room, is given all the same
    assert asked == [["aaa", "bbbb"], ["ccccc"], ["d" * 11]]


def test_a_store_gives_the_order_asked_for():
    store = Store(small_bert())
    first = store.encode(["uno", "dos tres", "uno"])
    assert [e.text for e in first] == ["uno", "dos tres", "uno"] and store.model.forwards == 1
    again = store.encode(["cuatro", "uno"])
    assert again[1] is first[0] and store.model.forwards == 2
    store.encode(["uno", "cuatro", "dos tres"])
    assert store.model.forwards == 2


def test_text_states_are_read_once_whoever_asks():
    model = small_bert()
    states, done = TextStates(model), []
    texts = [f"El número {n}" for n in range(40)]
    states.prepare(texts, lambda *progress: done.append(progress))
    assert done == [(32, 40), (40, 40)] and model.forwards == 2
    found = states(texts[:3])
    assert found.shape == (3, 2, 3, 32) and model.forwards == 2
    encoding = model.encode([texts[1]], attentions=False)[0]
    np.testing.assert_allclose(found[1, 0], encoding.hidden_states[:, 0], atol=1e-5)
    np.testing.assert_allclose(found[1, 1], encoding.hidden_states[:, 1:-1].mean(axis=1), atol=1e-5)

import numpy as np
import pytest

import viz
from viz.kit.strip import strip
from viz.kit.text import plain
from viz.words.analogy import accuracy, solve, solve_all
from viz.words.axis import axis
from viz.words.figures import axis_plot, parallelogram, word_map
from viz.words.neighbourhood import agreement, neighbourhood
from viz.words.static import StaticVectors
from viz.words.word_lists import known, load_word_lists, split_words
from viz.words.word_map import pca_map, tsne_map


@pytest.fixture(scope="module")
def glove():
    return viz.load_static("en")


def test_answers_are_those_of_the_vectors(glove):
    found = solve(glove, "man", "woman", "king", "queen")
    assert found.answers == glove.analogy("man", "woman", "king", 10)
    assert found.honest == glove.analogy("man", "woman", "king", 10, exclude_inputs=False)


def test_ranks_agree_with_a_full_sort(glove):
    found = solve(glove, "had", "have", "was", "is")
    everything = glove.analogy("had", "have", "was", 2000)
    words = [word for word, _ in everything]
    assert found.rank == words.index("is") + 1
    assert found.cosine == pytest.approx(everything[found.rank - 1][1], abs=1e-5)
    honest = [word for word, _ in glove.analogy("had", "have", "was", 2000, exclude_inputs=False)]
    assert found.honest_rank == honest.index("is") + 1


def test_the_parallelogram_is_one_and_keeps_lengths(glove):
    found = solve(glove, "man", "woman", "king", "queen")
    p = found.points
    np.testing.assert_allclose(p["sum"] - p["c"], p["b"] - p["a"], atol=1e-5)
    unit = {name: glove.unit[glove.row(word)] for name, word in zip("abc", found.words, strict=True)}
    for one, two in ("ab", "ac", "bc"):
        assert np.linalg.norm(p[one] - p[two]) == pytest.approx(np.linalg.norm(unit[one] - unit[two]), abs=1e-5)
    answer = glove.unit[glove.row(found.answers[0][0])]
    flat = np.hypot(np.linalg.norm(p["answer"] - p["a"]), found.away["answer"])
    assert flat == pytest.approx(np.linalg.norm(answer - unit["a"]), abs=1e-5)


def test_degenerate_analogies_still_draw(glove):
    for words in (("king", "king", "queen"), ("king", "queen", "king"), ("king", "king", "king")):
        parallelogram(solve(glove, *words), total="b − a + c", away="{distance}")


def test_batch_agrees_with_one_by_one(glove):
    rows = (*load_word_lists("en").featured, ("no-such-word", "a", "b", "c"))
    results = solve_all(glove, rows)
    for row, result in zip(rows[:-1], results, strict=False):
        alone = solve(glove, *row)
        assert (result.rank, result.honest_rank, result.answer) == (alone.rank, alone.honest_rank, alone.answers[0][0])
    assert results[-1].rank is None
    total = accuracy(results)
    assert (total.asked, total.measured) == (len(rows), len(rows) - 1)
    assert total.first == sum(r.rank == 1 for r in results) / total.measured


@pytest.mark.parametrize("language", ["es", "en"])
def test_lists_are_whole(language):
    lists = load_word_lists(language)
    rows = [*lists.featured, *(row for group in lists.analogies.values() for row in group)]
    assert all(len(row) == 4 and len({*row[:2]}) == 2 for row in rows) and len(lists.axis) == 2
    if language == "es":
        assert ("estocolmo", "suecia", "cairo", "egipto") in lists.featured
        assert ("tenía", "tengo", "era", "es") in lists.featured


def test_split_words():
    assert split_words("rey, reina;\nrey  agua", 5) == ("rey", "reina", "agua")
    for text, limit in (("  ,; ", 5), ("a b c", 2)):
        with pytest.raises(viz.Problem):
            split_words(text, limit)


def test_axis_on_known_geometry():
    matrix = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0.2, 0]], dtype=np.float32)
    vectors = StaticVectors("x", ("he", "she", "both", "none", "mostly"), matrix)
    found = axis(vectors, "he", "she", ("both", "none", "mostly"))
    places = dict(found.positions)
    assert places["both"] == pytest.approx(0, abs=1e-6) and places["none"] == pytest.approx(0, abs=1e-6)
    assert places["mostly"] < 0 and found.ends == pytest.approx((-(0.5**0.5), 0.5**0.5))
    axis_plot(found, ordinary="x")
    with pytest.raises(viz.Problem, match="misma palabra"):
        axis(vectors, "he", "he", ())


def test_maps(glove):
    words = load_word_lists("en").maps["stick and palo"][:12]
    points, explained = pca_map(glove, words)
    centred = glove.unit[[glove.row(word) for word in words]]
    centred = centred - centred.mean(axis=0)
    spread = np.linalg.svd(centred, compute_uv=False) ** 2
    assert explained == pytest.approx(spread[:2].sum() / spread.sum(), abs=1e-4)
    np.testing.assert_allclose(np.abs(np.linalg.svd(points, compute_uv=False) ** 2), spread[:2], rtol=1e-3)
    other = tsne_map(glove, words)
    assert other.shape == (len(words), 2) and np.isfinite(other).all()
    np.testing.assert_allclose(other, tsne_map(glove, words))
    word_map(points, words)
    with pytest.raises(viz.Problem, match="Un mapa"):
        pca_map(glove, ("king", "queen"))


def test_neighbourhood_and_agreement(glove):
    found = neighbourhood(glove, ("king", "queen", "water"), 5)
    assert found.neighbours[0] == glove.neighbours("king", 5)
    assert found.cosines[0, 1] == pytest.approx(glove.cosine("king", "queen"), abs=1e-5)
    assert found.nearest_to_first[0] == "queen" and found.agree.shape == (2, 50)
    assert neighbourhood(glove, ("king",)).agree_share is None
    rows = np.array([[1.0, -1.0, 0.0, 2.0], [1.0, 1.0, 0.0, 2.1]])
    assert agreement(rows).tolist() == [[True, False, False, True]]


def test_strip_shows_text_literally():
    figure = strip(np.ones((1, 3)), ["<b>x</b>&</script>"], agree=np.array([1, 0, 1]))
    assert figure.layout.yaxis.ticktext[0] == "&lt;b&gt;x&lt;/b&gt;&amp;&lt;/script&gt;"
    assert len(plain("x" * 100)) == 24


def test_known(glove):
    assert known(("king", "xqzy"), glove) == (("king",), ("xqzy",))


def test_no_word_is_left():
    vectors = StaticVectors("tres", ("hombre", "rey", "reina"), np.eye(3, dtype=np.float32))
    with pytest.raises(viz.Problem, match="ninguna otra palabra"):
        solve(vectors, "hombre", "rey", "reina")
    assert solve(vectors, "hombre", "rey", "hombre").answers[0][0] == "reina"
    (result,) = solve_all(vectors, [("hombre", "rey", "reina", "rey")])
    assert (result.answer, result.rank, result.honest_rank) == ("", None, None)


def test_words_at_one_point_have_no_map():
    vectors = StaticVectors("x", ("a", "b", "c"), np.ones((3, 2), dtype=np.float32))
    for draw in (pca_map, tsne_map):
        with pytest.raises(viz.Problem, match="mismo vector"):
            draw(vectors, ["a", "b", "c"])

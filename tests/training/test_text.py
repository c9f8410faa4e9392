"""Our own training text: well-formed, and without a sentence that a benchmark asks."""

import re
from collections import Counter

import pytest

from training import corpus

FILES = ("senses_es", "senses_en", "senses_dev_es", "senses_dev_en")
RUN = 6  # words


def rows(name):
    return [line.split("\t") for line in (corpus.OWN / f"{name}.tsv").read_text(encoding="utf-8").splitlines()]


def runs(text):
    """Every six words in a row, in lower case."""
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}


@pytest.fixture(scope="module")
def asked():
    """What the lessons, the senses of the benchmark, its cloze list and its pairs say."""
    files = [
        *corpus.ROOT.glob("lessons/context/e?/*.yaml"),
        *corpus.ROOT.glob("lessons/family/e?/*.yaml"),
        *corpus.ROOT.glob("benchmarks/senses_*/e?/*.yaml"),
        corpus.ROOT / "benchmarks" / "cloze_es.yaml",
    ]
    sentences = [s for file in files for s in re.findall(r'"([^"\n]+)"', file.read_text(encoding="utf-8"))]
    for file in corpus.ROOT.glob("benchmarks/pairs_*.tsv"):
        sentences += re.split(r"[\t\n]", file.read_text(encoding="utf-8"))
    assert len(sentences) > 500
    return set().union(*map(runs, sentences))


@pytest.mark.parametrize("name", FILES)
def test_each_line_marks_one_word_and_its_translation(name):
    found = rows(name)
    assert all(len(row) == 4 for row in found)
    for word, sense, *pair in found:
        assert word and sense
        for sentence in pair:
            assert sentence.count("[") == sentence.count("]") == 1 and re.search(r"\[[^\[\]]+\]", sentence), sentence


def test_no_sentence_is_in_two_files_or_twice():
    found = Counter(es.lower() for name in FILES for _, _, es, _ in rows(name))
    assert found.most_common(1)[0][1] == 1


def test_nothing_of_the_benchmarks_is_trained_on(asked):
    for name, lines in corpus.own().items():
        assert len(lines) > 400, name
        assert not [line for line in lines if runs(line) & asked], name

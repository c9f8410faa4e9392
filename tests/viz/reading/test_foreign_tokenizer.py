"""A hostile tokenizer.json costs its reader a sentence, and nobody else anything."""

import json
import subprocess
import sys
import time

import pytest

from viz import Problem
from viz.reading import foreign_tokenizer
from viz.reading.token_cost import cost, read_tokenizer

PLAIN = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [],
    "normalizer": None,
    "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": None,
    "decoder": None,
    "model": {
        "type": "WordPiece",
        "unk_token": "[UNK]",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
        "vocab": {"[UNK]": 0, "p": 1, "##a": 2, "ñ": 3},
    },
}


def tokenizer(**changes) -> bytes:
    return json.dumps(PLAIN | changes).encode()


def regex(pattern: str) -> dict:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def test_it_cuts_as_the_library_does():
    found = cost(read_tokenizer(tokenizer(), "x.json"), "pa pb n\u0303")
    assert found.pieces == ("p", "##a", "[UNK]", "ñ") and found.words == 3


@pytest.mark.parametrize(
    "changes",
    [
        {
            "padding": {"strategy": {"Fixed": 2_000_000_000}, "direction": "Right", "pad_to_multiple_of": None}
            | {"pad_id": 0, "pad_type_id": 0, "pad_token": "[UNK]"}
        },
        {"truncation": {"max_length": 1, "strategy": "LongestFirst", "stride": 0, "direction": "Right"}},
    ],
    ids=["padding", "truncation"],
)
def test_padding_and_truncation_are_off(changes):
    assert cost(read_tokenizer(tokenizer(**changes), "x.json"), "pa pa").pieces == ("p", "##a", "p", "##a")


@pytest.mark.parametrize(
    "changes",
    [
        {"pre_tokenizer": regex("(a|a|aa)+$")},
        {"pre_tokenizer": regex("(?=(a+))*x")},
        {"model": PLAIN["model"] | {"unk_token": "[X]"}},
        {"normalizer": {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 10_000_000}},
        {"model": {"type": "WordPiece"}},
        {"post_processor": {"type": "TemplateProcessing"}},
    ],
    ids=["regex", "regex again", "no such piece", "memory", "half a model", "half a processor"],
)
def test_what_is_hostile_gets_a_sentence_in_time(changes, monkeypatch):
    monkeypatch.setattr(foreign_tokenizer, "SECONDS", 4)
    monkeypatch.setattr(foreign_tokenizer, "MEMORY", 1 << 30)
    start = time.monotonic()
    with pytest.raises(Problem, match=r"x\.json"):
        cost(read_tokenizer(tokenizer(**changes), "x.json"), "b" + "a" * 300 + "!")
    assert time.monotonic() - start < 15


def test_a_fault_is_remembered(monkeypatch):
    bad = tokenizer(model={"type": "Nothing"})
    for _ in range(2):
        with pytest.raises(Problem, match="no es un tokenizer"):
            read_tokenizer(bad, "x.json")
        monkeypatch.setattr(foreign_tokenizer, "_run", None)  # a second process would fail on this


def test_the_child_is_light():
    source = (
        f"import runpy, sys; sys.argv = ['x']; runpy.run_path({str(foreign_tokenizer.CHILD)!r}); import tokenizers;"
    )
    source += "print([m for m in ('torch', 'transformers', 'viz', 'streamlit') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-I", "-c", source], capture_output=True, text=True).stdout.strip() == "[]"

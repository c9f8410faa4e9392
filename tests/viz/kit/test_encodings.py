"""Bytes become the text that was written, or a sentence says why not."""

import pytest

from viz import Problem
from viz.kit.encodings import decode, find_encoding

TEXT = "texto;año\r\n«El señor Núñez», 12 €;sí\r\n"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_the_encoding_is_found_and_named(encoding, said):
    assert decode(TEXT.encode(encoding), "a.csv") == (TEXT, said)


def test_one_broken_letter_costs_no_other():
    data = "ñandú, año, canción, ca".encode() + b"\xf1a"
    assert decode(data, "a.csv") == ("ñandú, año, canción, ca\ufffda", "utf-8")
    assert decode("un solo año".encode("latin-1"), "a.csv") == ("un solo año", "cp1252")
    assert find_encoding([b"solo ascii\n", "año\n".encode(), b"a\xf1o ni\xf1o se\xf1al\n"], "a.vec") == "cp1252"


@pytest.mark.parametrize(
    "data", [b"\x89PNG\x00\x01\x02", b"PK\x03\x04\x00\x00\x00", "a\x00b".encode("utf-16"), b"\x81\x8d\xf1"]
)
def test_what_is_no_text(data):
    with pytest.raises(Problem, match=r"x\.csv"):
        decode(data, "x.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "no-such", "hex"])
def test_a_chosen_encoding_is_obeyed_or_refused(encoding):
    with pytest.raises(Problem, match=encoding):
        decode(b"a\xf1o", "x.csv", encoding)

"""One door for text: whatever way a sentence was written, it is the same sentence."""

import random
import unicodedata

import pytest

from viz.kit.text import clean_text

SENTENCE = "Cantó una canción, año."
WAYS = {
    "decomposed": unicodedata.normalize("NFD", SENTENCE),
    "soft hyphen": SENTENCE.replace("can", "c\u00adan"),
    "zero-width space": SENTENCE.replace("ci", "c\u200bi"),
    "joiners": SENTENCE.replace("un", "u\u200dn\u200c"),
    "word joiner, byte order": "\ufeff" + SENTENCE.replace("un", "u\u2060n"),
    "direction": "\u202a" + SENTENCE.replace("un", "u\u200en") + "\u202c\u061c",
    "controls": SENTENCE.replace("un", "u\x00n\x1b") + "\x9f",
    "spaces": SENTENCE.replace(" ", "\u00a0", 1).replace(" ", "\u202f", 1),
    "between letter and accent": unicodedata.normalize("NFD", SENTENCE).replace("\u0301", "\u200b\u0301"),
    "selector, filler, tag": SENTENCE.replace("un", "u\ufe0f\u3164\U000e0041n"),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_one_sentence_whatever_the_way_it_is_written(way):
    assert clean_text(way) == SENTENCE


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\r\nb\rc\u2028d\x85e\ff", "a\nb\nc\nd\ne\nf"),
        ("a\tb", "a\tb"),
        ("o\ufb01cina \ufb02or", "oficina flor"),
        ("un \ud800 palo", "un \ufffd palo"),
        ("\ud83d\ude00", "😀"),  # the two halves of a pair, as JavaScript and JSON write them
        ("👩\u200d👧, 🏳\ufe0f\u200d🌈, ❤\ufe0f, 1\ufe0f\u20e3", "👩\u200d👧, 🏳\ufe0f\u200d🌈, ❤\ufe0f, 1\ufe0f\u20e3"),
        ("🏴\U000e0067\U000e0062\U000e007f", "🏴\U000e0067\U000e0062\U000e007f"),
        ("می\u200cخواهم, क्\u200dष", "می\u200cخواهم, क्\u200dष"),
        ("שלום עולם ½ º …", "שלום עולם ½ º …"),
        ("\u200b\u00ad", ""),
        ("", ""),
    ],
)
def test_what_is_kept_and_what_goes(text, clean):
    assert clean_text(text) == clean


def test_what_is_clean_stays():
    dice = random.Random(0)
    odd = [*"aé1 \n\u0301\u200c\u200d\u200b\ufe0f\ufb01\u212b\u2126\u1100\u1161\u064a\u094d😀❤🏴", "\ud800", "\udc00"]
    odd += [chr(c) for c in (*range(0x20), *range(0x7F, 0xAE), *range(0x2000, 0x2070), 0xE0041, 0xE007F)]
    for _ in range(5000):
        text = "".join(dice.choices(odd, k=8))
        clean = clean_text(text)
        assert clean_text(clean) == clean == unicodedata.normalize("NFC", clean), ascii(text)
        clean.encode()

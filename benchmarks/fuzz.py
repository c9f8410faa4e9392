"""Odd texts and broken files through every door: each must give a result or a ``Problem``, and soon.

    python -m benchmarks.fuzz [--texts 20000] [--files 10000] [--seed 0]

Prints how many outcomes were neither; the first of each kind is shown with the input that made it.
"""

import argparse
import base64
import io
import random
import sys
import time
import traceback
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable

import numpy as np
import openpyxl
import tokenizers

from viz.classify.datasets import divide
from viz.classify.own_texts import check_rows, guess_columns, read_table
from viz.context.lessons import dump_lesson, parse_lesson
from viz.context.occurrences import bracketed, find_occurrences
from viz.context.rows import pack, parse_csv, parse_file, parse_lines, unpack
from viz.kit.errors import Problem
from viz.kit.paths import EMBEDDED, MODELS
from viz.kit.tables import starts_formula, undefuse
from viz.kit.text import clean_text
from viz.model.encoding import find_words
from viz.reading.token_cost import cost, read_tokenizer
from viz.words.analogy import solve
from viz.words.static import load_static, read_upload
from viz.words.word_lists import split_words

SLOW = 5  # seconds that an outcome may take
CUT_EVERY = 5  # one text of so many is cut into tokens too
SPAWN_EVERY = 100  # one file of so many is a tokenizer.json, which costs a process
SENTENCES = ("El as de ese palo gana.", "Cantó una canción, año.", "the king and the queen", "«¿Qué?», dijo; y ½ más…")
ODD = [*"\"'=+-@;,|\t\n\r[]{}<>&*\\/._0aé€ñ½º…", "\r\n", "\x00", "\x1b", "\x85", "\u00a0", "\u00ad", "\u0301", "\u0345"]
ODD += [
    "\u200b",
    "\u200c",
    "\u200d",
    "\u202e",
    "\u2028",
    "\u2060",
    "\ufb01",
    "\ufe0f",
    "\ufeff",
    "\ufffd",
    "\uffff",
    "\u212b",
]
ODD += [
    "\ud83d",
    "\ude00",
    "😀",
    "👩‍👧",
    "🏴",
    "\U000e0067",
    "ß",
    "İ",
    "שלום",
    "می‌خواهم",
    "क्",
    "한국어",
    "龘",
    "[MASK]",
    "palo",
]
HOSTILE = [
    "*a",
    "&a ",
    "!!python/object:os.system",
    "(a|a)+$",
    "1e999",
    "-1e300",
    "nan",
    "9" * 40,
    '"' * 3,
    "[" * 50,
    "\\ud800",
]
LESSON = dump_lesson("palo", "es", [("El [palo] seco.", "madera"), ("Un [palo] de oros.", "naipe")])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    dice, tally = random.Random(args.seed), Tally()
    text_doors = doors_for_texts()
    for n in range(args.texts):
        text = odd_text(dice)
        for name, door in text_doors.items():
            if name != "tokens" or n % CUT_EVERY == 0:
                tally.run(name, door, text)
    seeds = valid_files()
    ordinary = [kind for kind in seeds if kind != "tokenizer.json"]
    for n in range(args.files):
        kind = "tokenizer.json" if n % SPAWN_EVERY == 0 else ordinary[n % len(ordinary)]
        tally.run(kind, FILES[kind], mutate(dice, kind, seeds))
    print(tally)
    sys.exit(bool(tally.neither))


class Tally:
    """What came out of each door."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter] = {}
        self.shown: set[str] = set()

    def run(self, name: str, door: Callable, given: object) -> None:
        counts = self.counts.setdefault(name, Counter())
        start = time.perf_counter()
        try:
            door(given)
            outcome = "result"
        except Problem:
            outcome = "problem"
        except Exception as error:  # this is what is counted
            outcome = "neither"
            where = traceback.extract_tb(error.__traceback__)[-1]
            self._show(f"{name}: {type(error).__name__} at {where.filename}:{where.lineno}: {error}"[:300], given)
        if (took := time.perf_counter() - start) > SLOW and name != "tokenizer.json":  # that one has a limit of its own
            outcome = "neither"
            self._show(f"{name}: {took:.0f} s", given)
        counts[outcome] += 1

    def _show(self, line: str, given: object) -> None:
        kind = line[:120]
        if kind not in self.shown:
            self.shown.add(kind)
            print(line, "\n   ", repr(given)[:400], flush=True)

    @property
    def neither(self) -> int:
        return sum(counts["neither"] for counts in self.counts.values())

    def __str__(self) -> str:
        rows = [
            f"{name:16}" + "".join(f"{counts[outcome]:9,} {outcome}" for outcome in ("result", "problem", "neither"))
            for name, counts in self.counts.items()
        ]
        return "\n".join([*rows, f"neither result nor Problem: {self.neither}"])


def odd_text(dice: random.Random) -> str:
    """A sentence with odd characters in it, or nothing but odd ones."""
    text = dice.choice((*SENTENCES, "", LESSON))
    if dice.random() < 0.3:
        text = unicodedata.normalize(dice.choice(("NFD", "NFKD")), text)
    for _ in range(dice.choice((0, 1, 3, 10))):
        at = dice.randint(0, len(text))
        odd = dice.choice(ODD) if dice.random() < 0.8 else chr(dice.randrange(dice.choice((0x100, 0x3000, 0x110000))))
        text = text[:at] + odd * dice.choice((1, 1, 1, 2, 30)) + text[at + dice.choice((0, 0, 1)) :]
    return text


def doors_for_texts() -> dict[str, Callable[[str], object]]:
    tokenizer = tokenizers.Tokenizer.from_file(str(MODELS / EMBEDDED / "tokenizer.json"))
    vectors = {language: load_static(language) for language in ("es", "en")}

    def clean(text: str) -> None:
        found = clean_text(text)
        assert clean_text(found) == found == unicodedata.normalize("NFC", found), "not clean"
        found.encode()

    def words(text: str) -> None:
        text = clean_text(text)
        for word in find_words(text, [(n, n + 1) for n in range(len(text))]):
            assert text[word.start : word.end] == word.text

    def occurrences(text: str) -> None:
        word = text.split()[-1] if text.split() else text
        found, _ = find_occurrences([(text, text[:9])], word)
        assert all(clean_text(o.text) == o.text and o.form for o in found)
        rows = bracketed([(text, text[:60])], word)
        if rows and len(word) < 20 and clean_text(word).strip() and len(text) < 60:
            parse_lesson(dump_lesson(word, "es", rows), "x")

    def look_up(text: str) -> None:
        for found in vectors.values():
            for word in split_words(text, 100)[:2]:
                if word in found:
                    assert found[word].shape == found.matrix.shape[1:]

    def rows(text: str) -> None:
        for read in (parse_lines, parse_csv):
            found = read(text)
            packed = pack(found)
            assert packed is None or unpack(packed) == [tuple(map(clean_text, row)) for row in found]
        assert not starts_formula(text) or undefuse(f"'{text}") == text

    def tokens(text: str) -> None:
        text = clean_text(text)
        cost(tokenizer, text)
        encoded = tokenizer.encode(text)
        for word in find_words(text, encoded.offsets):
            assert 0 <= word.first < word.last <= len(encoded.ids)

    return {
        "clean_text": clean,
        "find_words": words,
        "occurrences": occurrences,
        "look_up": look_up,
        "rows": rows,
        "tokens": tokens,
    }


def valid_files() -> dict[str, bytes]:
    texts = [(f"Texto número {n}, «{SENTENCES[n % 4]}»", "sí" if n % 2 else "no") for n in range(14)]
    book = openpyxl.Workbook()
    for row in [("texto", "etiqueta"), *texts]:
        book.active.append(row)
    book.active.merge_cells("B3:B5")
    workbook, archive = io.BytesIO(), io.BytesIO()
    book.save(workbook)
    np.savez_compressed(archive, words=np.array(["a", "b", "año"]), vectors=np.eye(3, dtype=np.float32))
    quoted = "".join(f'"{text}","{label}"\r\n' for text, label in [("texto", "etiqueta"), *texts])
    link = [[text, label] for text, label in texts]
    return {
        "csv": quoted.encode(),
        "semicolon.csv": quoted.replace('","', '";"').encode("cp1252", "replace"),
        "tsv": "".join(f"{label}\t{text}\n" for text, label in [("texto", "etiqueta"), *texts]).encode("utf-16"),
        "txt": "".join(f"{text} | {label}\n" for text, label in texts).encode(),
        "xlsx": workbook.getvalue(),
        "yaml": LESSON.encode(),
        "npz": archive.getvalue(),
        "vec": b"4 3\n" + "".join(f"{word} 0.1 {n} -1\n" for n, word in enumerate(("uno", "año", "de", "El"))).encode(),
        "link": repr(link).replace("'", '"').encode(),
        "tokenizer.json": TOKENIZER,
    }


TOKENIZER = (
    b'{"version": "1.0", "truncation": null, "padding": {"strategy": {"Fixed": 10}, "direction": "Right", '
    b'"pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "[UNK]"}, "added_tokens": [], '
    b'"normalizer": {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}, "pre_tokenizer": {"type": '
    b'"Split", "pattern": {"Regex": "(x|a)+"}, "behavior": "Isolated", "invert": false}, "post_processor": null, '
    b'"decoder": null, "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", '
    b'"max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "p": 1, "##a": 2}}}'
)


def mutate(dice: random.Random, kind: str, seeds: dict[str, bytes]) -> bytes:
    """A file with a few wounds; those of archives are half the time inside, where a checksum does not tell."""
    data = seeds[kind]
    if kind in ("xlsx", "npz") and dice.random() < 0.7:
        packed = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
            names = old.namelist()
            wounded = dice.choice(names)
            for name in names:
                inner = old.read(name)
                if name != wounded:
                    new.writestr(name, inner)
                elif dice.random() < 0.9:
                    new.writestr(name, wound(dice, inner, seeds))
        return packed.getvalue()
    if kind == "tokenizer.json" and dice.random() < 0.7:
        for old, new in dice.sample(SWAPS, 2):
            data = data.replace(old, new)
        return data
    return wound(dice, data, seeds)


SWAPS = (  # wounds that leave a tokenizer.json valid: the library reads it, and then runs into them
    (b'"Fixed": 10', b'"Fixed": 2000000000'),
    (b"(x|a)+", b"(a|a|aa)+$"),
    (b'"content": "aa"', b'"content": "' + b"a" * 50_000 + b'"'),
    (b'"unk_token": "[UNK]"', b'"unk_token": "[X]"'),
    (
        b'"truncation": null',
        b'"truncation": {"max_length": 0, "strategy": "LongestFirst", "stride": 9, "direction": "Right"}',
    ),
    (b'per_word": 100', b'per_word": 1000000000'),
    (b'"##a": 2', b'"##a": 4000000000'),
)


def wound(dice: random.Random, data: bytes, seeds: dict[str, bytes]) -> bytes:
    for _ in range(dice.choice((0, 1, 1, 2, 5))):
        at, end = sorted(dice.randint(0, len(data)) for _ in range(2))
        how = dice.randrange(8)
        if how == 0:
            data = data[:at] + dice.randbytes(dice.choice((1, 2, 8))) + data[at + 1 :]
        elif how == 1:
            data = data[:at]
        elif how == 2:
            data = data[:at] + data[end:]
        elif how == 3:
            data = data[:end] + data[at:end] * dice.choice((1, 5, 50)) + data[end:]
        elif how == 4:
            data = data[:at] + dice.choice(HOSTILE).encode() + data[at:]
        elif how == 5:
            data = data[:at] + dice.choice(ODD).encode("utf-8", "surrogatepass") + data[at:]
        elif how == 6:
            digits = [n for n, byte in enumerate(data) if 48 <= byte <= 57]
            if digits:
                at = dice.choice(digits)
                data = data[:at] + dice.choice((b"0", b"-1", b"999999999", b"1e400")) + data[at + 1 :]
        else:
            other = dice.choice(list(seeds.values()))
            data = data[:at] + other[len(other) // 2 :]
        data = data[:200_000]
    return data


def table(ending: str) -> Callable[[bytes], None]:
    """A file of sentences and senses and a file of texts and labels: two readers of the same thing."""

    def door(data: bytes) -> None:
        try:
            parse_file(f"x.{ending}", data)
        except Problem:
            pass  # as good as a result: the other reader is to be heard too
        found = read_table(data, f"x.{ending}")
        divide(check_rows(found, *guess_columns(found)).rows, "x", "es")

    return door


def vectors(ending: str) -> Callable[[bytes], None]:
    def door(data: bytes) -> None:
        found = read_upload(io.BytesIO(data), f"x.{ending}")
        assert np.isfinite(found.unit).all() and len(set(found.words)) == len(found.words)
        first = found.words[0]
        assert first not in dict(found.neighbours(first)), "its own neighbour"
        solve(found, first, found.words[-1], first)

    return door


def link(data: bytes) -> None:
    find_occurrences(unpack(base64.urlsafe_b64encode(zlib.compress(data, 9)).decode()), "de")


def tokenizer(data: bytes) -> None:
    cost(read_tokenizer(data, "x.json"), SENTENCES[0])


FILES: dict[str, Callable[[bytes], object]] = {
    "csv": table("csv"),
    "semicolon.csv": table("csv"),
    "tsv": table("tsv"),
    "txt": table("txt"),
    "xlsx": table("xlsx"),
    "yaml": lambda data: parse_file("x.yaml", data),
    "npz": vectors("npz"),
    "vec": vectors("vec"),
    "link": link,
    "tokenizer.json": tokenizer,
}


if __name__ == "__main__":
    main()

"""Training text: which sources, how much of each, cleaned, deduplicated, with a fixed held-out part.

The corpora are files ``NAME.txt.xz``, one paragraph or sentence a line. They lie outside the repository, in
``../shared/corpora`` beside it unless the environment variable PALOSCOPIO_CORPORA names another folder.
"""

import hashlib
import lzma
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OWN = Path(__file__).resolve().parent / "text"  # what we wrote ourselves: see its README.md
BLOCK = 50  # lines; the held-out part is made of whole blocks, so that neighbours stay on one side
HELD_OUT = 40  # every 40th block is validation text, never trained on
LONG = 40  # characters; a shorter line ("Sí.") may come again in a document without being a copy


@dataclass(frozen=True)
class Source:
    """One corpus. ``share`` is its part of the training tokens (relative); ``epochs`` caps how often its text may
    be repeated to reach that share; ``ordered`` says that consecutive lines follow one another in a document."""

    share: float
    ordered: bool = True
    epochs: float = 2.0


# Shares, not sizes: three quarters of the words are 19th-century novels and one president's press conferences,
# so the modern everyday text, which is small, is read more often and the rest is capped.
SOURCES = {
    "es_tatoeba": Source(14, ordered=False, epochs=3),
    "es_ancora": Source(7, ordered=False, epochs=3),
    "es_squad": Source(8, epochs=3),
    "es_xquad": Source(1, epochs=3),
    "es_ud": Source(1, ordered=False, epochs=3),
    "es_commonvoice": Source(1.5, ordered=False, epochs=3),
    "es_modern_ntrex": Source(2, epochs=3),
    "es_modern_rol": Source(4, epochs=3),
    "es_modern_recetas": Source(0.6, epochs=3),
    "es_storybooks": Source(0.3, epochs=4),
    "es_modern_programminghistorian": Source(1.5),
    "es_modern_opensourceguide": Source(0.4),
    "es_modern_blog_argentinaenpython": Source(0.4),
    "es_modern_csunplugged": Source(0.2),
    "es_modern_openstax": Source(5),
    "es_modern_clinical_casimedicos": Source(0.6),
    "es_modern_clinical_meddocan": Source(0.8),
    "es_modern_clinical_nubes": Source(0.6, ordered=False),
    "es_modern_mananeras": Source(10),
    "es_modern_business_dynamics": Source(0.5),
    "es_modern_tech_hfcourse": Source(0.2),
    "es_modern_tech_phpmanual": Source(0.3),
    "es_tech_freecodecamp": Source(0.6),
    "es_tech_pydocs": Source(0.5),
    "es_law_uy": Source(1.5),
    "es_theatre_bette": Source(3),
    "es_stories_textbox": Source(5),
    "es_novels_textbox": Source(8),
    "es_novels_eltec": Source(4),
    "es_novels_conha19": Source(3),
    "en_tatoeba": Source(5, ordered=False),
    "en_commonvoice": Source(3, ordered=False),
    "en_ud_ewt": Source(2.5),
    "en_us_speeches": Source(1.5),
    "en_xquad": Source(0.7, epochs=3),
    "en_modern_programminghistorian": Source(1.5),
    "en_modern_csunplugged": Source(0.7),
    "en_modern_opensourceguide": Source(0.3),
}


# Not among SOURCES: the pieces of the vocabulary were counted before it was written (training.bert.convert_e5).
OWN_SOURCES = {
    "es_own_senses": Source(0, ordered=False, epochs=3),
    "en_own_senses": Source(0, ordered=False, epochs=1),
    "es_own_geography": Source(0, epochs=3),
    "es_own_everyday": Source(0, ordered=False, epochs=4),
    "en_own_everyday": Source(0, ordered=False, epochs=2),
    "es_own_dialogues": Source(0, epochs=4),
    "en_own_dialogues": Source(0, epochs=2),
    "es_own_stories": Source(0, epochs=4),
}


def ordered(name: str) -> bool:
    """Whether consecutive lines of a source follow one another in a document."""
    return (SOURCES | OWN_SOURCES)[name].ordered


def own() -> dict[str, list[str]]:
    """Our own text: ``{name: lines}``, the brackets that mark the ambiguous words taken off. An empty line stands
    before each dialogue and each story."""
    senses = [
        line.replace("[", "").replace("]", "").split("\t")
        for path in sorted(OWN.glob("senses_??.tsv"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    found = {
        "es_own_senses": [es for _, _, es, _ in senses],
        "en_own_senses": [en for *_, en in senses],
        "es_own_geography": (OWN / "geography_es.txt").read_text(encoding="utf-8").splitlines(),
        "es_own_stories": [part for story in _lines("stories_es.txt") for part in ("", story)],
    }
    for language in ("es", "en"):
        turns = [("", *line.split("\t")) for line in _lines(f"dialogues_*{language}.tsv")]
        found[f"{language}_own_everyday"] = _lines(f"everyday_*{language}.txt")
        found[f"{language}_own_dialogues"] = [turn for pair in turns for turn in pair]
    return {name: lines for name, lines in found.items() if lines}


def _lines(pattern: str) -> list[str]:
    """The lines of our files of a kind."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(OWN.glob(pattern))]
    return [line for text in texts for line in text.splitlines() if line.strip()]


def folder() -> Path:
    """The folder of the corpora (see the module's docstring)."""
    return Path(os.environ.get("PALOSCOPIO_CORPORA", ROOT.parent / "shared" / "corpora"))


def key(text: str) -> bytes:
    """What makes two lines the same: 8 bytes of a hash over letters and digits only, lower case."""
    return hashlib.blake2b(re.sub(r"[\W_]+", "", text.lower()).encode(), digest_size=8).digest()


@lru_cache(maxsize=1)
def benchmark_keys() -> set[bytes]:
    """Keys of the test sentences (AnCora NER and the UD treebanks' dev and test) that training must not see."""
    datasets = folder().parent / "datasets"
    keys = set()
    for path in [*datasets.glob("ancora_ner/*.tsv"), *datasets.glob("ud_*/*.conllu")]:
        if path.stem == "train":
            continue
        column = 1 if path.suffix == ".conllu" else 0
        for sentence in path.read_text(encoding="utf-8").split("\n\n"):
            rows = [line.split("\t") for line in sentence.splitlines() if line and not line.startswith("#")]
            # a contraction ("del") has a row of its own, 3-4, before its parts: the text is the contraction
            whole = [r for r in rows if column == 0 or r[0].isdigit()]
            keys.add(key("".join(r[column] for r in whole if len(r) > column)))
            keys.update(key(line[9:]) for line in sentence.splitlines() if line.startswith("# text = "))
    return keys


def _read(name: str) -> Iterator[str]:
    """Whole paragraphs of one source. Markup broke some lines around a word in italics: they are joined again."""
    ends = tuple(".!?:;…»”\"')—-")
    joins = name.startswith(("es_novels_textbox", "es_stories_textbox"))
    held = ""
    with lzma.open(folder() / f"{name}.txt.xz", "rt", encoding="utf-8") as file:
        for line in file:
            line = " ".join(line.split())
            if not line:
                continue
            if joins and held and (line[0].islower() or line[0] in ",;.:)?!»" or not held.endswith(ends)):
                held += ("" if line[0] in ",;.:)?!»" else " ") + line
                continue
            if held:
                yield held
            held = line
    if held:
        yield held


@dataclass
class Text:
    """What ``load`` gives for one source: lines in document order, and how many words training should see of it."""

    train: list
    valid: list
    words: float  # wanted, repeats included: at most the source's words times its ``epochs``


def split(name: str) -> tuple[list[list[str]], list[list[str]]]:
    """(training blocks, held-out blocks) of one source, a block being up to 50 consecutive lines."""
    lines = list(_read(name))
    blocks = [lines[i : i + BLOCK] for i in range(0, len(lines), BLOCK)]
    # 20 of 40, so that no short source begins with its held-out part; a source under 21 blocks gives its third
    held = {b for b in range(len(blocks)) if b % HELD_OUT == HELD_OUT // 2 or (len(blocks) <= 20 and b == 2)}
    return [b for i, b in enumerate(blocks) if i not in held], [blocks[i] for i in sorted(held)]


def _thin(blocks: list[list[str]], words: float, turn: int) -> list[list[str]]:
    """About ``words`` words: runs of 8 consecutive blocks (400 lines), spread evenly over the source; another ``turn``
    takes the runs after those, so that as many turns as the source is too large read all of it."""
    runs = [blocks[i : i + 8] for i in range(0, len(blocks), 8)]
    step = max(1.0, sum(len(line.split()) for block in blocks for line in block) / words)
    chosen = dict.fromkeys((int(i * step) + turn) % len(runs) for i in range(max(1, int(len(runs) / step))))
    return [block for i in chosen for block in runs[i]]


def load(words: float, languages: tuple[str, ...] = ("es", "en"), turn: int = 0) -> dict[str, "Text"]:
    """Read about ``words`` words of training text, those of one ``turn``, and all held-out text.

    Returns ``{name: Text}``. The shares of SOURCES hold as far as the sources go: a small one is repeated by the
    trainer (``Text.words`` above its size), at most ``epochs`` times. Exact copies are dropped within and between
    sources, and so is every training line that is held out anywhere or is a test sentence of the benchmarks.
    """
    names = [n for n in SOURCES if n.startswith(languages)]
    total = sum(SOURCES[n].share for n in names)
    wanted = {n: words * SOURCES[n].share / total for n in names}
    parts = {}
    for name in names:
        train, held = split(name)
        parts[name] = _thin(train, wanted[name], turn), held
    seen = set(benchmark_keys())
    texts = {}
    for name in names:
        texts[name] = Text([], [line for block in parts[name][1] for line in _fresh(block, name, seen)], 0.0)
    for name in names:
        train = [line for block in parts[name][0] for line in _fresh(block, name, seen)]
        texts[name].train = train
        texts[name].words = min(wanted[name], SOURCES[name].epochs * sum(len(line.split()) for line in train))
    return texts


def _fresh(lines: list[str], name: str, seen: set[bytes]) -> Iterator[str]:
    """The lines not met before; their keys join ``seen``."""
    for line in lines:
        if len(line) < LONG and SOURCES[name].ordered:
            yield line
            continue
        mark = key(line)
        if mark not in seen:
            seen.add(mark)
            yield line

"""Hidden words of held-out text, counted by word, so that models with different pieces can be compared.

A word's bits are those of all its pieces, from left to right, the later ones hidden too (Kauf and Ivanova 2023). "Among
the first five" asks less: one [MASK] in the place of the word, and only whole words of one piece are offered; a word of
several pieces counts as not found, for one [MASK] cannot say it.
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
import torch

import viz
from benchmarks.table import show
from viz.masked.cloze import in_turn, predict

SOURCES = ("es_tatoeba", "es_ancora", "es_squad")
LINES = 120  # of a source
EACH = 4  # words of a line
MOST = 300  # characters of a line
WORD = re.compile(r"[^\W\d_]+|\d+")
KINDS = ("function", "content", "name", "number")
FUNCTION = set(
    "a al ante bajo con contra de del desde durante en entre hacia hasta para por según sin sobre tras el la los las "
    "lo un una unos unas y e o u ni pero sino aunque porque pues que si como cuando donde mientras quien quienes cual "
    "cuales cuyo cuya qué quién cuál cómo cuándo dónde cuánto cuánta cuántos cuántas yo tú él ella ello nosotros "
    "vosotros ellos ellas usted ustedes me te se nos os le les mí ti sí mi mis tu tus su sus nuestro nuestra nuestros "
    "nuestras este esta esto estos estas ese esa eso esos esas aquel aquella aquello no ya más menos muy tan tanto "
    "también tampoco nada nadie algo alguien todo toda todos todas otro otra otros otras mismo misma cada es son era "
    "eran fue fueron ser sido está están estaba estaban estar ha han había habían he has hay haber será sea".split()
)


@dataclass(frozen=True)
class Hidden:
    """A word of held-out text: its kind, and where it stands."""

    line: str
    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Found:
    """What a model made of it. ``rank`` among whole words, None if one [MASK] cannot say it."""

    bits: float
    rank: int | None
    pieces: int


def kind(line: str, start: int, end: int) -> str:
    word = line[start:end]
    if word.isdigit():
        return "number"
    begins = not line[:start].strip() or line[:start].rstrip()[-1] in '.!?¿¡«"“—(:…'
    if word[0].isupper() and not begins:
        return "name"
    return "function" if word.lower() in FUNCTION else "content"


def sample(seed: int = 0) -> dict[str, list[Hidden]]:
    """The same words for every model: up to ``EACH`` of each of ``LINES`` lines of each source, none of one letter."""
    from training import corpus

    rng = np.random.default_rng(seed)
    found = {}
    for name in SOURCES:
        lines = [line for block in corpus.split(name)[1] for line in block if 20 <= len(line) <= MOST]
        found[name] = []
        for line in rng.permutation(lines)[:LINES].tolist():
            spans = [m.span() for m in WORD.finditer(line)]
            for start, end in rng.permutation(spans)[:EACH].tolist():
                found[name].append(Hidden(line, start, end, kind(line, start, end)))
    return found


def whole_words(model: viz.Model) -> torch.Tensor:
    """The pieces that are a word: bool ``(vocabulary,)``."""
    pieces = model.tokenizer.convert_ids_to_tokens(range(len(model.tokenizer)))
    return torch.tensor([piece.isalnum() for piece in pieces])


def find(model: viz.Model, hidden: list[Hidden]) -> list[Found]:
    """Every word hidden in its turn, in batches."""
    whole = whole_words(model)
    rows, sizes = [], []
    for word in hidden:
        read = model.tokenize(word.line)
        positions = [i for i, (a, b) in enumerate(read.offsets) if a < word.end and b > word.start and a < b]
        truth = [read.ids[i] for i in positions]
        rows += in_turn(model, read.ids, read.segments, positions, truth)
        sizes.append(len(truth))

    def look(i: int, logp: torch.Tensor) -> tuple[float, int]:
        own = logp[0]  # (vocabulary,)
        return own[rows[i][1]].item(), 1 + int((own[whole] > own[rows[i][1]]).sum())

    looks = iter(predict(model, [query for query, _ in rows], look))
    answers = []
    for size in sizes:
        taken = [next(looks) for _ in range(size)]
        bits = -sum(log_prob for log_prob, _ in taken) / np.log(2)
        answers.append(Found(bits, taken[0][1] if size == 1 else None, size))
    return answers


def hidden_words(models: dict[str, viz.Model]) -> None:
    """By source and by kind: bits a word, and the word at the top or among five."""
    words = sample()
    every = [word for group in words.values() for word in group]
    by_model = {}
    for label, model in models.items():
        found = dict(zip(every, find(model, every), strict=True))
        by_model[label] = found
    rows = []
    for name, group in {**words, "all": every, **{k: [w for w in every if w.kind == k] for k in KINDS}}.items():
        for label, found in by_model.items():
            own = [found[word] for word in group]
            said = [x.rank for x in own]
            error = np.std([x.bits for x in own]) / np.sqrt(len(own))
            top = (np.mean([r is not None and r <= k for r in said]) for k in (1, 5))
            rows.append(
                (
                    name,
                    label,
                    len(own),
                    f"{np.mean([x.bits for x in own]):.2f} ± {error:.2f}",
                    *(f"{x:.3f}" for x in top),
                    f"{np.mean([x.pieces == 1 for x in own]):.2f}",
                )
            )
    show(
        "Hidden words of held-out text, by word",
        ["words", "model", "sample", "bits a word ± standard error", "top-1", "top-5", "one piece"],
        rows,
    )
    labels = list(by_model)
    if len(labels) > 1:
        old, new = (np.array([by_model[label][word].bits for word in every]) for label in labels[:2])
        print(f"{labels[1]} against {labels[0]}: {1 - new.mean() / old.mean():.1%} fewer bits a word\n")


def pieces(models: dict[str, viz.Model], frequent: int = 5000) -> None:
    """How many of the most frequent words of the modern text are one piece, and pieces a word of held-out lines."""
    from training import corpus

    counts, held = Counter(), defaultdict(list)
    for name in SOURCES:
        train, valid = corpus.split(name)
        counts.update(word for block in train for line in block for word in WORD.findall(line) if word.isalpha())
        held[name] = [word for block in valid[:20] for line in block for word in WORD.findall(line)]
    asked = [word for word, _ in counts.most_common(frequent)]
    rows = []
    for label, model in models.items():
        cut = model.tokenizer.backend_tokenizer.encode_batch
        whole = np.mean([len(x.ids) == 1 for x in cut(asked, add_special_tokens=False)])
        every = [word for group in held.values() for word in group]
        share = np.mean([len(x.ids) for x in cut(every, add_special_tokens=False)])
        rows.append((label, len(model.tokenizer), f"{whole:.3f}", len(asked), f"{share:.3f}", len(every)))
    heading = ["model", "pieces", "frequent words of one piece", "of", "pieces a word, held-out", "words"]
    show("Vocabulary", heading, rows)

"""Masked words: hide some, ask the model for them back (Devlin et al. 2019, section 3.1, task 1).

A word of several pieces is one gap of several masks. Its probability is the chain of its pieces from left to right,
each with the pieces after it still hidden (Kauf and Ivanova 2023, arXiv:2305.10588): the probability of that word
among the words of as many pieces. Every function asks for its answers in one batch, and reads the vocabulary only
at the masks.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import torch

from viz.kit.errors import Problem
from viz.kit.text import clean_text
from viz.model.base import Model
from viz.model.encoding import Word

Answer = TypeVar("Answer")

MASK = "[MASK]"  # what a reader may write for a gap, whatever the model's own mask is


@dataclass(frozen=True)
class Gap:
    """A hidden stretch of the text: its characters ``start:end``, its masks, and the piece ids it hides.

    ``truth`` is None where the text itself had the mask.
    """

    start: int
    end: int
    positions: tuple[int, ...]
    truth: tuple[int, ...] | None


@dataclass(frozen=True)
class Cloze:
    """A text with gaps, as token ids. ``cut`` is the number of characters that did not fit."""

    text: str
    ids: tuple[int, ...]
    segments: tuple[int, ...]
    special: tuple[bool, ...]
    gaps: tuple[Gap, ...]
    cut: int

    @property
    def masks(self) -> tuple[int, ...]:
        """The positions of all masks, from left to right."""
        return tuple(sorted(p for gap in self.gaps for p in gap.positions))


@dataclass(frozen=True)
class WordFit:
    """How well one word fits one gap: ``log_prob`` in nats, and the rank of each piece in its turn (1 is best)."""

    word: str
    pieces: tuple[str, ...]
    log_prob: float
    ranks: tuple[int, ...]

    @property
    def prob(self) -> float:
        return math.exp(self.log_prob)

    @property
    def bits(self) -> float:
        """Surprise, in bits: 1 bit is a coin toss."""
        return -self.log_prob / math.log(2)


@dataclass(frozen=True)
class GapAnswer:
    """What the model answers for one gap while all the others stay hidden.

    ``top`` has ``(word, probability)`` for words of exactly as many pieces as the gap has masks; ``perplexity`` is
    the exponential of the entropy of the first mask: among how many equally likely pieces it hesitates.
    """

    gap: Gap
    top: tuple[tuple[str, float], ...]
    perplexity: float
    truth: WordFit | None


@dataclass(frozen=True)
class Query:
    """One row of a batch: an input, and the positions whose prediction is wanted."""

    ids: tuple[int, ...]
    segments: tuple[int, ...]
    at: tuple[int, ...]


def fill_mask(
    model: Model, text: str, k: int = 5, candidates: Sequence[str] | None = None
) -> list[list[tuple[str, float]]]:
    """For each mask of the text, the ``k`` most probable tokens, or the candidates, with their probabilities.

    The probabilities are those of transformers' fill-mask pipeline: each mask alone, the others hidden. Candidates
    may have several pieces, which the pipeline refuses (see the top of this module); they come best first.

    Raises:
        Problem: no mask in the text, no masked-word head, or a candidate that the vocabulary cannot spell.
    """
    cloze = hide(model, text)
    if not cloze.gaps:
        raise Problem("No hay ningún hueco: escribe [MASK] donde falte una palabra.")
    if candidates is None:
        return [list(answer.top) for answer in read_gaps(model, cloze, k)]
    scored = [score_candidates(model, cloze, g, candidates) for g in range(len(cloze.gaps))]
    return [sorted(((s.word, s.prob) for s in scores), key=lambda pair: -pair[1]) for scores in scored]


def words(model: Model, text: str, max_tokens: int | None = None) -> tuple[Word, ...]:
    """The words of the text that can be hidden, in order: all that the model reads, but for masks."""
    read = model.tokenize(own_mask(model, text), max_tokens)
    return tuple(w for w in read.words if model.tokenizer.mask_token_id not in read.ids[w.first : w.last])


def hide(model: Model, text: str, chosen: Sequence[int] = (), max_tokens: int | None = None) -> Cloze:
    """A cloze test: the masks written in the text, and the ``chosen`` ones of ``words(model, text)``.

    Raises:
        Problem: nothing to read, a word number that is not there, or a model without a masked-word head.
    """
    need_masks(model)
    text = own_mask(model, text)
    seen = words(model, text, max_tokens) if len(chosen) else ()
    if any(not 0 <= n < len(seen) for n in chosen):
        raise Problem(
            "La frase tiene {count} palabras; no hay una con el número {asked}.", count=len(seen), asked=max(chosen) + 1
        )
    spans = [m.span() for m in re.finditer(re.escape(model.tokenizer.mask_token), text)]
    return _cut_out(model, text, [*spans, *((seen[n].start, seen[n].end) for n in set(chosen))], max_tokens)


def hide_right(model: Model, cloze: Cloze, g: int) -> Cloze:
    """The same cloze with every token to the right of gap ``g`` masked too, as a model that reads only leftwards
    context would have it. An approximation: BERT was never trained on half a sentence of masks."""
    mask, last = model.tokenizer.mask_token_id, cloze.gaps[g].positions[-1]
    ids = tuple(
        mask if i > last and not s else t for i, (t, s) in enumerate(zip(cloze.ids, cloze.special, strict=True))
    )
    return replace(cloze, ids=ids)


def read_gaps(model: Model, cloze: Cloze, k: int = 10) -> list[GapAnswer]:
    """The ``k`` best words for each gap, its entropy, and the score of the hidden word.

    One forward pass; a gap of n > 1 masks takes n - 1 more, to finish its words with a beam of ``k``.
    """
    masks = cloze.masks
    chains = [
        [*in_turn(model, cloze.ids, cloze.segments, gap.positions, gap.truth)] if gap.truth else []
        for gap in cloze.gaps
    ]
    rows = [row for chain in chains for row in chain]
    first = Query(cloze.ids, cloze.segments, masks)
    found: list[Any] = predict(
        model, [first, *(query for query, _ in rows)], lambda i, x: spread(x[0], rows[i - 1][1]) if i else x
    )
    logp, scores = found[0], found[1:]  # (masks, vocabulary); (log-probability, rank, best piece) of each in its turn
    answers, done = [], 0
    for gap, chain in zip(cloze.gaps, chains, strict=True):
        own = logp[masks.index(gap.positions[0])]  # (vocabulary,)
        truth = word_fit(model, gap.truth, scores[done : done + len(chain)]) if gap.truth else None
        done += len(chain)
        top = own.topk(min(k, len(own)))
        fillings: list[tuple[tuple[int, ...], float]] = [
            ((i,), x) for i, x in zip(top.indices.tolist(), top.values.tolist(), strict=True)
        ]
        for p in range(1, len(gap.positions)):
            fillings = extend(model, cloze, gap.positions[: p + 1], fillings, k)
        answers.append(
            GapAnswer(
                gap=gap,
                top=tuple((spell(model, ids), math.exp(x)) for ids, x in fillings),
                perplexity=math.exp(-(own.exp() * own).sum().item()),
                truth=truth,
            )
        )
    return answers


def score_candidates(model: Model, cloze: Cloze, g: int, candidates: Sequence[str]) -> list[WordFit]:
    """How well each candidate fits gap ``g``, in one batch, with the other gaps still hidden.

    A candidate of several pieces gets as many masks as it has pieces, so its probability is among the words of that
    many pieces: not to be added to those of other lengths.

    Raises:
        Problem: an empty candidate, or one with a letter that the vocabulary lacks.
    """
    clozes = [_substitute(model, cloze, g, word) for word in candidates]
    chains = [
        [*in_turn(model, c.ids, c.segments, gap.positions, gap.truth)]
        for c, gap in ((c, _at(c, cloze.gaps[g].start)) for c in clozes)
    ]
    rows = [row for chain in chains for row in chain]
    found = iter(predict(model, [query for query, _ in rows], lambda i, logp: spread(logp[0], rows[i][1])))
    return [word_fit(model, tuple(t for _, t in chain), [next(found) for _ in chain]) for chain in chains]


def predict(model: Model, queries: Sequence[Query], reduce: Callable[[int, torch.Tensor], Answer]) -> list[Answer]:
    """Run the queries in one padded batch (several above 64 rows) and keep ``reduce(i, log_probs)`` of each.

    ``log_probs`` is ``(len(query.at), vocabulary)``, without the rows that some models add to fill their table.
    Reducing it pass by pass keeps a wide vocabulary from piling up.
    """
    need_masks(model)
    answers: dict[int, Answer] = {}
    for chosen, out in model.passes(queries, at=[query.at for query in queries]):
        parts = word_logits(out)[0].split([len(queries[i].at) for i in chosen])
        for i, part in zip(chosen, parts, strict=True):
            answers[i] = reduce(i, part.log_softmax(dim=-1)[:, : len(model.tokenizer)])  # (asked of i, vocabulary)
    return [answers[i] for i in range(len(queries))]


def word_logits(out) -> torch.Tensor:
    """The logits over the vocabulary, which models with two pre-training heads call otherwise."""
    return out.prediction_logits if "prediction_logits" in out else out.logits


def extend(
    model: Model, cloze: Cloze, positions: Sequence[int], fillings: Sequence[tuple[tuple[int, ...], float]], width: int
) -> list[tuple[tuple[int, ...], float]]:
    """One step of a beam: each filling of ``positions[:-1]`` tries its best pieces for the last; the best stay."""
    queries = [Query(filled(cloze.ids, positions, ids), cloze.segments, (positions[-1],)) for ids, _ in fillings]
    tops = predict(model, queries, lambda _, logp: logp[0].topk(min(width, logp.shape[-1])))
    longer = [
        ((*ids, piece), so_far + x)
        for (ids, so_far), top in zip(fillings, tops, strict=True)
        for piece, x in zip(top.indices.tolist(), top.values.tolist(), strict=True)
    ]
    return sorted(longer, key=lambda filling: -filling[1])[:width]


def spell(model: Model, ids: Sequence[int]) -> str:
    """Pieces as the reader should see them."""
    return model.tokenizer.decode(list(ids)).strip()


def need_masks(model: Model) -> None:
    """Raises Problem for a model that cannot fill gaps."""
    if "mlm" not in model.abilities or model.tokenizer.mask_token_id is None:
        raise Problem(
            "«{name}» no trae la cabeza que adivina palabras ocultas (MLM): solo sus vectores.", name=model.name
        )


def own_mask(model: Model, text: str) -> str:
    return clean_text(text).replace(MASK, model.tokenizer.mask_token or MASK)


def _cut_out(model: Model, text: str, spans: Sequence[tuple[int, int]], max_tokens: int | None) -> Cloze:
    """Mask the tokens that cover the character spans. Spans that share a token become one gap."""
    read, mask = model.tokenize(text, max_tokens), model.tokenizer.mask_token_id
    ids = list(read.ids)
    gaps: list[Gap] = []
    for start, end in sorted(spans):
        covering = [i for i, (a, b) in enumerate(read.offsets) if a < end and b > start]
        if not covering and read.cut and start >= max(b for _, b in read.offsets):
            raise Problem(
                "El hueco «{gap}» queda más allá de las {limit} piezas que se leen: acorta el texto.",
                gap=text[start:end],
                limit=len(ids),
            )
        if not covering or (gaps and covering[0] in gaps[-1].positions):
            continue
        hidden = tuple(read.ids[i] for i in covering)
        gaps.append(Gap(start, end, tuple(covering), None if mask in hidden else hidden))
        for i in covering:
            ids[i] = mask
    return Cloze(text, tuple(ids), read.segments, read.special, tuple(gaps), read.cut)


def _substitute(model: Model, cloze: Cloze, g: int, word: str) -> Cloze:
    """The same cloze with ``word`` as the hidden word of gap ``g``, tokenized where it stands."""
    gap, asked = cloze.gaps[g], word.strip()
    if not asked:
        raise Problem("El texto está vacío: escribe al menos una palabra.")
    word = own_mask(model, asked).strip()
    text = cloze.text[: gap.start] + word + cloze.text[gap.end :]
    cannot = Problem("El vocabulario de este modelo no puede escribir «{word}».", word=asked)
    if not word or clean_text(text) != text:  # nothing to see, or an accent that would sit on the letter before it
        raise cannot
    moved = len(word) - (gap.end - gap.start)
    spans = [(x.start + moved * (x.start > gap.start), x.end + moved * (x.start >= gap.start)) for x in cloze.gaps]
    found = _cut_out(model, text, spans, None)
    truths = [x.truth for x in found.gaps if x.start == gap.start]  # none where the tokenizer drops all of the word
    if not truths or truths[0] is None or model.tokenizer.unk_token_id in truths[0]:
        raise cannot
    return found


def _at(cloze: Cloze, start: int) -> Gap:
    return next(gap for gap in cloze.gaps if gap.start == start)


def in_turn(model: Model, ids, segments, positions, truth) -> Iterator[tuple[Query, int]]:
    """For each piece of a gap: the input with the pieces before it shown and the rest hidden, and the piece."""
    masked = filled(ids, positions, [model.tokenizer.mask_token_id] * len(positions))
    for n, piece in enumerate(truth):
        yield Query(filled(masked, positions, truth[:n]), segments, (positions[n],)), piece


def filled(ids: Sequence[int], positions: Sequence[int], values: Sequence[int]) -> tuple[int, ...]:
    """A copy of ``ids`` with the first positions set to the values."""
    row = list(ids)
    for p, value in zip(positions, values, strict=False):
        row[p] = value
    return tuple(row)


def spread(logp: torch.Tensor, piece: int) -> tuple[float, int, int]:
    """Log-probability and rank of a piece, and the best piece; ``logp`` is (vocabulary,)."""
    return logp[piece].item(), 1 + int((logp > logp[piece]).sum()), int(logp.argmax())


def word_fit(model: Model, ids: Sequence[int], looks: Sequence[tuple[float, int, int]]) -> WordFit:
    pieces = tuple(model.tokenizer.convert_ids_to_tokens(list(ids)))
    return WordFit(spell(model, ids), pieces, sum(x[0] for x in looks), tuple(x[1] for x in looks))

"""A text that grows, word by word: sampling from a language model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from viz.decoder.language_model import LanguageModel, vocabulary
from viz.kit.errors import Problem


@dataclass(frozen=True)
class Step:
    """A piece that was drawn, what it was worth, and the pieces that were likeliest, with the odds drawn from."""

    piece: str
    probability: float
    likeliest: tuple[tuple[str, float], ...]


def odds(log: torch.Tensor, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0) -> torch.Tensor:
    """The probabilities that are drawn from: ``(vocabulary,)``.

    Args:
        log: log-probabilities ``(vocabulary,)``.
        temperature: below 1 sharpens, above flattens; 0 leaves the likeliest alone.
        top_k: only so many of the likeliest; 0: all.
        top_p: only the likeliest that together reach this share (Holtzman et al. 2020, nucleus sampling).

    Raises:
        Problem: a number out of its range.
    """
    if temperature < 0 or top_k < 0 or not 0 < top_p <= 1:
        raise Problem("Temperatura y «top-k» no pueden ser negativos, y «top-p» va de más de 0 a 1.")
    if temperature == 0:
        return torch.nn.functional.one_hot(log.argmax(), len(log)).to(log.dtype)
    probabilities = (log / temperature).softmax(0)
    ranked, order = probabilities.sort(descending=True, stable=True)
    keep = ranked.cumsum(0) - ranked < top_p  # the first always stays
    if top_k:
        keep[top_k:] = False
    kept = torch.zeros_like(probabilities)
    kept[order[keep]] = ranked[keep]
    return kept / kept.sum()


def generate(
    model: LanguageModel,
    ids: Sequence[int],
    pieces: int = 40,
    *,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    seed: int = 0,
    shown: int = 8,
) -> Iterator[Step]:
    """Draw up to ``pieces`` pieces after ``ids``, until the model ends the text; the same for the same seed."""
    names, _, special = vocabulary(model)
    end = model.tokenizer.sep_token_id
    special = special.clone()
    special[end] = False
    generator = torch.Generator().manual_seed(seed)
    row = list(ids)
    for _ in range(pieces):
        log = model.log_probabilities([row])[0][-1].masked_fill(special, -torch.inf)
        drawn_from = odds(log, temperature, top_k, top_p)
        drawn = int(torch.multinomial(drawn_from, 1, generator=generator))
        if drawn == end:
            return
        row.append(drawn)
        top = drawn_from.topk(min(shown, int((drawn_from > 0).sum())))
        likeliest = tuple((names[i], float(p)) for p, i in zip(top.values, top.indices.tolist(), strict=True))
        yield Step(names[drawn], float(drawn_from[drawn]), likeliest)

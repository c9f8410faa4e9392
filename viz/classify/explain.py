"""Why a classifier said what it said: words covered one by one, and integrated gradients.

Both speak of this classifier and this text, not of the world: a word with a high mark is one the classifier leans
on, for good reasons or bad. Adebayo et al. (2018) show how such pictures mislead.
"""

from dataclasses import dataclass

import numpy as np
import torch

from viz.classify.classifier import Classifier
from viz.classify.states import MAX_TOKENS
from viz.kit.errors import Problem
from viz.model.encoding import Word, find_words

MAX_WORDS = 64  # covering reads the text once more for each word


@dataclass(frozen=True)
class Explanation:
    """``scores[k]`` is what word ``k`` adds to the probability of a label, in probability (0.1 is ten points).

    ``probability`` is that of the whole text, ``baseline`` that of the text with every word covered (integrated
    gradients only). ``unread`` counts characters after the last word looked at.
    """

    text: str
    words: tuple[Word, ...]
    scores: np.ndarray
    probability: float
    baseline: float | None = None
    unread: int = 0


def occlusion(classifier: Classifier, text: str, label: int) -> Explanation:
    """How far the probability of ``label`` falls when each word is covered with [MASK] (Zeiler and Fergus 2014).

    One batch of as many texts as there are words, plus one. Models without a mask lose the word instead.

    Raises:
        Problem: no words.
    """
    words = _words(classifier, text)[:MAX_WORDS]
    cover = classifier.model.tokenizer.mask_token or ""
    covered = [text[: word.start] + cover + text[word.end :] for word in words]
    if len(words) == 1 and not cover:
        raise Problem("Hacen falta dos palabras por lo menos.")
    found = classifier.read([text, *covered]).probabilities[:, label]  # (1 + words,)
    return Explanation(text, words, found[0] - found[1:], float(found[0]), None, len(text[words[-1].end :].strip()))


def integrated_gradients(classifier: Classifier, text: str, label: int, steps: int = 32) -> Explanation:
    """Gradients along the straight path from covered words to the real ones (Sundararajan et al. 2017), by captum.

    The path runs through word embeddings, from [MASK] (or padding) in the place of every word; special tokens stay.
    The scores sum to ``probability - baseline``, up to the error of ``steps`` points.

    Raises:
        Problem: no words.
    """
    from captum.attr import IntegratedGradients

    words = _words(classifier, text)
    tokenizer = classifier.model.tokenizer
    read = tokenizer(text, truncation=True, max_length=MAX_TOKENS, return_special_tokens_mask=True)
    ids, plain = torch.tensor(read["input_ids"]), ~torch.tensor(read["special_tokens_mask"]).bool()  # (tokens,)
    cover = tokenizer.mask_token_id if tokenizer.mask_token_id is not None else tokenizer.pad_token_id or 0
    table = classifier.model.encoder.get_input_embeddings()
    with torch.no_grad():
        real = table(ids)[None]  # (1, tokens, hidden)
        start = table(torch.where(plain, cover, ids))[None]
        ends = classifier.from_embeddings(torch.cat([start, real]), plain)[:, label]  # (2,)
    found = IntegratedGradients(lambda embeddings: classifier.from_embeddings(embeddings, plain)).attribute(
        real, start, target=label, n_steps=steps, internal_batch_size=8
    )
    tokens = found[0].sum(dim=1).detach().numpy()  # (tokens,)
    scores = np.array([tokens[word.first : word.last].sum() for word in words])
    return Explanation(text, words, scores, ends[1].item(), ends[0].item(), len(text[words[-1].end :].strip()))


def _words(classifier: Classifier, text: str) -> tuple[Word, ...]:
    """The words that the model reads of a text."""
    read = classifier.model.tokenizer(
        text, truncation=True, max_length=MAX_TOKENS, return_offsets_mapping=True, return_special_tokens_mask=True
    )
    pairs = zip(read["offset_mapping"], read["special_tokens_mask"], strict=True)
    words = find_words(text, [(0, 0) if special else span for span, special in pairs])
    if not words:
        raise Problem("El texto está vacío: escribe al menos una palabra.")
    return words

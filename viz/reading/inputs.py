"""What enters the first layer: token + segment + position, then LayerNorm (Devlin et al. 2019, figure 2)."""

from dataclasses import dataclass

import numpy as np
import torch

from viz.kit.errors import Problem
from viz.kit.projection import cosine_matrix
from viz.model.base import Model
from viz.model.encoding import Encoding


@dataclass(frozen=True, eq=False)
class Inputs:
    """The parts of every token's input, each float32 ``(tokens, hidden)``.

    ``segment`` is None for models without segments (DistilBERT). ``total`` is the plain sum and ``normed`` what
    LayerNorm makes of it, the model's hidden state 0.
    """

    token: np.ndarray
    segment: np.ndarray | None
    position: np.ndarray
    total: np.ndarray
    normed: np.ndarray


def inputs_of(model: Model, encoding: Encoding) -> Inputs:
    """Look the three embeddings of an encoded text up in the model's tables.

    Raises:
        Problem: the model has no table of absolute positions (rotary or relative ones enter later), or its input is
            not the sum of the three.
    """
    table, layer = _positions(model), model.encoder.embeddings
    if not hasattr(layer, "word_embeddings") or not isinstance(getattr(layer, "LayerNorm", None), torch.nn.LayerNorm):
        raise _not_a_sum()
    if layer.word_embeddings.embedding_dim != model.config.hidden_size:
        raise Problem("Este modelo ensancha sus embeddings antes de la primera capa: prueba con el incluido.")
    first = 0 if table.padding_idx is None else table.padding_idx + 1  # RoBERTa counts from its padding id
    with torch.inference_mode():
        token = layer.word_embeddings(torch.tensor(encoding.ids))  # (tokens, hidden)
        position = table(torch.arange(len(encoding.ids)) + first)
        kinds = getattr(layer, "token_type_embeddings", None)
        segment = None if kinds is None else kinds(torch.tensor(encoding.segments))
        total = token + position if segment is None else token + segment + position
        normed = layer.LayerNorm(total)
    own = encoding.hidden_states[0]
    if not np.allclose(normed, own, rtol=1e-3, atol=1e-3 * float(own.std())):
        raise _not_a_sum()
    return Inputs(
        token.numpy(), None if segment is None else segment.numpy(), position.numpy(), total.numpy(), normed.numpy()
    )


def position_similarity(model: Model, count: int) -> np.ndarray:
    """Cosine of every pair of the first positions, ``(count, count)``: neighbours resemble each other.

    Raises:
        Problem: the model has no table of absolute positions.
    """
    table = _positions(model)
    first = 0 if table.padding_idx is None else table.padding_idx + 1
    return cosine_matrix(table.weight.detach()[first : first + count].numpy())


def _positions(model: Model) -> torch.nn.Embedding:
    table = getattr(getattr(model.encoder, "embeddings", None), "position_embeddings", None)
    if not isinstance(table, torch.nn.Embedding):
        raise Problem("Este modelo no suma embeddings de posición a la entrada: prueba con el incluido.")
    return table


def _not_a_sum() -> Problem:
    return Problem("Lo que entra en este modelo no es solo la suma de los tres embeddings: prueba con el incluido.")


@dataclass(frozen=True)
class Swapped:
    """A word in both orders: cosine of its two vectors at the input and after the last layer."""

    word: str
    moved: bool
    first: float
    last: float


def swap_words(encoding: Encoding, i: int, j: int) -> str:
    """The text with words ``i`` and ``j`` in each other's place.

    Raises:
        Problem: there are not two such words.
    """
    if i == j or not 0 <= min(i, j) or max(i, j) >= len(encoding.words):
        raise Problem("Para cambiar el orden hacen falta dos palabras distintas.")
    a, b = (encoding.words[k] for k in sorted((i, j)))
    text = encoding.text
    return text[: a.start] + b.text + text[a.end : b.start] + a.text + text[b.end :]


def compare_orders(before: Encoding, after: Encoding, i: int, j: int) -> list[Swapped]:
    """How much each word of ``before`` changes when words ``i`` and ``j`` are swapped in ``after``.

    Raises:
        Problem: the model did not read all the words of both.
    """
    if [w.text for w in before.words] == [w.text for w in after.words] or len(before.words) != len(after.words):
        raise Problem("Para cambiar el orden hacen falta dos palabras distintas.")
    place = {i: j, j: i}
    rows = []
    for k, word in enumerate(before.words):
        old, new = before.pool(word), after.pool(after.words[place.get(k, k)])  # (layers + 1, hidden)
        first, last = (float(cosine_matrix(np.stack([old[n], new[n]]))[0, 1]) for n in (0, -1))
        rows.append(Swapped(word.text, k in place, first, last))
    return rows

"""Six ways to take one vector from the layers of a BERT (Devlin et al. 2019, Table 7)."""

from dataclasses import dataclass

import numpy as np

from viz.kit.errors import Problem


@dataclass(frozen=True)
class FeatureOption:
    """One row of Table 7: which layers, and whether they are summed or laid end to end."""

    id: str
    label: str  # Spanish source text; pages translate it
    paper_f1: float  # dev F1 on CoNLL-2003 NER in the paper


OPTIONS = (
    FeatureOption("embeddings", "Capa de embeddings", 91.0),
    FeatureOption("second_to_last", "Penúltima capa", 95.6),
    FeatureOption("last", "Última capa", 94.9),
    FeatureOption("sum_last4", "Suma ponderada de las cuatro últimas", 95.9),
    FeatureOption("concat_last4", "Concatenación de las cuatro últimas", 96.1),
    FeatureOption("sum_all", "Suma ponderada de todas las capas", 95.5),
)


def select(states: np.ndarray, option: str | int, weights: np.ndarray | None = None) -> np.ndarray:
    """One vector for each item from the states of all layers.

    Args:
        states: ``(…, layers + 1, hidden)``, index 0 the embedding layer.
        option: a layer number, or the id of one of the six ``OPTIONS``.
        weights: for the weighted sums, a weight for each summed layer (they are normalised to sum to 1);
            None weighs all alike, which makes the sum a mean.

    Returns:
        ``(…, hidden)``, or ``(…, 4 · hidden)`` for the concatenation.

    Raises:
        Problem: unknown option, or a layer that the model does not have.
    """
    top = states.shape[-2] - 1
    if isinstance(option, int):
        if not 0 <= option <= top:
            raise Problem("La capa {layer} no existe: este modelo tiene de 0 a {top}.", layer=option, top=top)
        return states[..., option, :]
    if option == "embeddings":
        return states[..., 0, :]
    if option == "second_to_last":
        return states[..., -2, :]
    if option == "last":
        return states[..., -1, :]
    last4 = states[..., 1:, :][..., -4:, :]  # (…, 4, hidden): never the embedding layer
    if option == "concat_last4":
        return last4.reshape(*last4.shape[:-2], -1)
    if option == "sum_last4":
        return _weighted_sum(last4, weights)
    if option == "sum_all":
        return _weighted_sum(states[..., 1:, :], weights)  # "all 12 layers": the paper leaves the embeddings out
    raise Problem("No se conoce la opción «{option}».", option=option)


def _weighted_sum(layers: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    count = layers.shape[-2]
    weights = np.full(count, 1 / count) if weights is None else np.asarray(weights) / np.sum(weights)
    return np.einsum("...lh,l->...h", layers, weights).astype(layers.dtype)

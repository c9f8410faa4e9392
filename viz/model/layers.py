"""Six ways to take one vector from the layers of a BERT (Devlin et al. 2019, Table 7)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from viz.kit.errors import Problem

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class FeatureOption:
    """One row of Table 7: which layers, and whether they are summed or laid end to end."""

    id: str
    label: str  # Spanish source text; pages translate it
    paper_f1: float  # dev F1 on CoNLL-2003 NER in the paper
    layers: int = 1  # laid end to end: so many times the hidden size


OPTIONS = (
    FeatureOption("embeddings", "Capa de embeddings", 91.0),
    FeatureOption("second_to_last", "Penúltima capa", 95.6),
    FeatureOption("last", "Última capa", 94.9),
    FeatureOption("sum_last4", "Suma ponderada de las cuatro últimas", 95.9),
    FeatureOption("concat_last4", "Concatenación de las cuatro últimas", 96.1, layers=4),
    FeatureOption("sum_all", "Suma ponderada de todas las capas", 95.5),
)


def width(option: str | int, hidden: int) -> int:
    """How many numbers the vector has that ``select`` takes from layers of ``hidden`` numbers."""
    return hidden * next((o.layers for o in OPTIONS if o.id == option), 1)


States = TypeVar("States", np.ndarray, "torch.Tensor")


def select(states: States, option: str | int, weights: np.ndarray | None = None) -> States:
    """One vector for each item from the states of all layers.

    Args:
        states: ``(…, layers + 1, hidden)``, index 0 the embedding layer; NumPy's, or torch's with its gradients.
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


def _weighted_sum(layers: States, weights: np.ndarray | None) -> States:
    if weights is None:
        return layers.mean(-2)
    shares = np.asarray(weights) / np.sum(weights)
    if isinstance(layers, np.ndarray):
        return np.einsum("...lh,l->...h", layers, shares).astype(layers.dtype)
    return (layers * layers.new_tensor(shares)[:, None]).sum(-2)

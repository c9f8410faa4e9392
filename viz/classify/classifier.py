"""One face for both kinds of classifier: a softmax layer on frozen vectors, and a fine-tuned model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
import torch
from scipy.special import softmax

from viz.classify.batches import tokenize
from viz.classify.datasets import Dataset
from viz.classify.finetune import FineTuned, moved
from viz.classify.head import last_layer, probabilities, read
from viz.classify.scores import Score, measure, neighbour_agreement
from viz.classify.softmax import Softmax
from viz.classify.states import POOLINGS, TextStates
from viz.kit.projection import aligned_pca
from viz.model.base import Model
from viz.model.layers import select


@dataclass(frozen=True)
class Reading:
    """What a classifier makes of texts: ``vectors`` ``(texts, features)`` go into its softmax layer, and out come
    ``probabilities`` ``(texts, labels)``."""

    vectors: np.ndarray
    probabilities: np.ndarray


class Classifier(Protocol):
    @property
    def labels(self) -> tuple[str, ...]: ...

    @property
    def model(self) -> Model: ...

    @property
    def layer(self) -> Softmax: ...

    def read(self, texts: Sequence[str]) -> Reading:
        """Vectors and probabilities of each text."""

    def from_embeddings(self, embeddings: torch.Tensor, plain: torch.Tensor) -> torch.Tensor:
        """Probabilities ``(texts, labels)``, differentiable, from word embeddings ``(texts, tokens, hidden)``.

        ``plain`` ``(tokens,)`` marks the tokens that are not special. There is no padding.
        """


@dataclass(frozen=True, eq=False)
class Frozen:
    """A softmax layer on the vectors that ``viz.classify.bert_features`` takes from a model nobody changes."""

    states: TextStates
    pooling: str
    option: str | int
    layer: Softmax
    labels: tuple[str, ...]

    @property
    def model(self) -> Model:
        return self.states.model

    def read(self, texts: Sequence[str]) -> Reading:
        vectors = select(self.states(texts)[:, POOLINGS.index(self.pooling)], self.option)  # (texts, features)
        logits = np.stack([self.layer.contributions(vector).sum(axis=1) for vector in vectors]) + self.layer.bias
        return Reading(vectors, softmax(logits, axis=1))

    def from_embeddings(self, embeddings: torch.Tensor, plain: torch.Tensor) -> torch.Tensor:
        out = self.model.encoder(inputs_embeds=embeddings, output_hidden_states=True)
        states = torch.stack(out.hidden_states, dim=2)  # (texts, tokens, layers + 1, hidden)
        pooled = states[:, 0] if self.pooling == "cls" else states[:, plain].mean(dim=1)  # (texts, layers + 1, hidden)
        mean, scale, weight, bias = (
            torch.tensor(getattr(self.layer, name), dtype=torch.float32) for name in ("mean", "scale", "weight", "bias")
        )
        return torch.softmax(((select(pooled, self.option) - mean) / scale) @ weight.T + bias, dim=1)


@dataclass(frozen=True, eq=False)
class Tuned:
    """A fine-tuned model. Its softmax layer reads what the model's own head makes of [CLS]."""

    result: FineTuned

    @property
    def labels(self) -> tuple[str, ...]:
        return self.result.labels

    @property
    def model(self) -> Model:
        return self.result.model

    @property
    def layer(self) -> Softmax:
        linear = last_layer(self.model)
        bias = np.zeros(len(self.labels)) if linear.bias is None else linear.bias.numpy()
        return Softmax(linear.weight.numpy(), bias, np.zeros(linear.in_features), np.ones(linear.in_features))

    def read(self, texts: Sequence[str]) -> Reading:
        found = read(self.model, tokenize(self.model, texts, self.result.settings.max_tokens))
        assert found is not None  # nobody cancels
        vectors, logits = found
        return Reading(vectors.numpy(), torch.softmax(logits, dim=1).numpy())

    def from_embeddings(self, embeddings: torch.Tensor, plain: torch.Tensor) -> torch.Tensor:
        return torch.softmax(self.model.net(inputs_embeds=embeddings).logits, dim=1)


@dataclass(frozen=True)
class Outcome:
    """``test`` is ``(texts, labels)``. ``points`` ``(2, texts, 2)`` are the last layer's [CLS] before and after,
    turned to match; ``agreement`` is ``neighbour_agreement`` of both. ``moved`` as in ``viz.finetune.moved``."""

    test: np.ndarray
    score: Score
    points: np.ndarray
    agreement: tuple[float, float]
    moved: pd.DataFrame


def outcome(result: FineTuned, before: TextStates, data: Dataset) -> Outcome:
    """Measure a fine-tuned model on the test split, beside the model it came from."""
    texts, truth = data.split("test")
    test = probabilities(result.model, texts, result.settings.max_tokens)
    after = TextStates(result.model)
    cls = np.stack([states(texts)[:, 0, -1] for states in (before, after)], axis=1)  # (texts, 2, hidden)
    return Outcome(
        test=test,
        score=measure(np.array(truth), test.argmax(axis=1), len(data.labels)),
        points=aligned_pca(cls).points,
        agreement=(neighbour_agreement(cls[:, 0], truth), neighbour_agreement(cls[:, 1], truth)),
        moved=moved(before.model, result.model),
    )

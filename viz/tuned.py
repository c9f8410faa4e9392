"""What a fine-tuned model became: its test score, its map beside the old one, how far its weights went."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from viz.classify import Score, TextStates, measure, neighbour_agreement
from viz.datasets import Dataset
from viz.finetune import FineTuned, moved, probabilities
from viz.kit.projection import aligned_pca


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
        agreement=tuple(neighbour_agreement(cls[:, k], truth) for k in range(2)),
        moved=moved(before.model, result.model),
    )

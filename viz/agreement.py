"""Where vectors say the same: the cells that several words share."""

import numpy as np

CLOSE = 0.25  # of the standard deviation of all the cells shown


def agreement(vectors: np.ndarray, close: float = CLOSE) -> np.ndarray:
    """Which dimensions have nearly the same value in every vector, and not nearly zero: bool ``(dimensions,)``.

    "Nearly" is ``close`` standard deviations of all cells between the highest and the lowest. A cell near zero is
    what any two vectors share, so it does not count.

    Args:
        vectors: ``(words, dimensions)``, two words or more.
    """
    spread = vectors.max(axis=0) - vectors.min(axis=0)  # (dimensions,)
    deviation = vectors.std()
    return (spread < close * deviation) & (np.abs(vectors.mean(axis=0)) > close * deviation)

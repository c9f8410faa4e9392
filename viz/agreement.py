"""Where vectors say the same: the cells that words share."""

import numpy as np

CLOSE = 0.25  # of the standard deviation of all the cells shown


def agreement(vectors: np.ndarray, close: float = CLOSE) -> np.ndarray:
    """Where each word has nearly the value of the first, and not nearly zero: bool ``(words - 1, dimensions)``.

    "Nearly" is within ``close`` standard deviations of all cells. A cell near zero is what any two vectors share,
    so it does not count.

    Args:
        vectors: ``(words, dimensions)``.
    """
    near = close * vectors.std()
    first, others = vectors[:1], vectors[1:]
    return (np.abs(others - first) < near) & (np.abs(first) > near)

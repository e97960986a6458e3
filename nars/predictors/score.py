"""The scale that accuracies are compared and learnt in.

Shapes: N candidates.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LEAST_ERROR = 1e-3


def score(accuracy_N: Floats) -> Floats:
    """Minus the decimal logarithm of the error: 0.9 is 1, 0.99 is 2.

    Halving the error counts the same everywhere, so that a few trials that learnt nothing do not drown the differences
    between the good ones. An error counts as 0.001 at least.
    """
    scores_N: Floats = -np.log10(np.maximum(1.0 - accuracy_N, _LEAST_ERROR))
    return scores_N


def accuracy_of(score_N: Floats) -> Floats:
    """The inverse of `score`."""
    accuracy_N: Floats = 1.0 - 10.0**-score_N
    return accuracy_N

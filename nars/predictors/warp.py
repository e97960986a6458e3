"""Targets in a scale where the better half counts in full and the worse half as a logarithm.

Shapes: N rows.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_DEEPEST = 600.0
"""Logarithm of the furthest below the median that is told, in upper quartiles: what is further is no number."""


class Warp:
    """A rising map of accuracies, fixed by those that it was made from.

    Above their median it is linear, so that nothing of the order and the distances of good candidates is lost; below,
    a training that failed to learn is not a thousand times further away than one that is mediocre.
    """

    def __init__(self, y_N: Floats) -> None:
        median, upper = np.quantile(y_N, [0.5, 0.75])
        spread = float(np.std(y_N))
        self._median = float(median)
        self._unit = float(upper - median) or spread or 1.0
        bent_N = self._bend(y_N)
        self._center = float(bent_N.mean())
        self._scale = float(bent_N.std()) or 1.0

    def forward(self, y_N: Floats) -> Floats:
        """Targets of mean 0 and standard deviation 1."""
        standard_N: Floats = (self._bend(y_N) - self._center) / self._scale
        return standard_N

    def backward(self, t_N: Floats) -> Floats:
        """The inverse of ``forward``."""
        bent_N = t_N * self._scale + self._center
        below_N = -np.expm1(np.clip(-bent_N, 0.0, _DEEPEST))
        accuracy_N: Floats = self._median + self._unit * np.where(bent_N < 0, below_N, bent_N)
        return accuracy_N

    def _bend(self, y_N: Floats) -> Floats:
        steps_N = (y_N - self._median) / self._unit
        bent_N: Floats = np.where(steps_N < 0, -np.log1p(np.maximum(-steps_N, 0.0)), steps_N)
        return bent_N

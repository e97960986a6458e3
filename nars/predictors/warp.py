"""Targets in a scale between the accuracies' own and that of their ranks.

Shapes: N rows, U different values.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

Floats = NDArray[np.float64]


_DEEPEST = 600.0
"""Logarithm of the furthest below the median that is told, in upper quartiles: what is further is no number."""


class Warp:
    """A rising map of accuracies, fixed by those that it was made from: the mean of two maps.

    One is linear above their median, so that the distances of good candidates are not lost; below, a training that
    failed to learn is not a thousand times further away than one that is mediocre. The other gives them the quantiles
    of a normal distribution by rank, whatever their distribution is. Beyond the best and the worst the first one goes
    on alone.
    """

    def __init__(self, y_N: Floats) -> None:
        median, upper = np.quantile(y_N, [0.5, 0.75])
        spread = float(np.std(y_N))
        self._median = float(median)
        self._unit = float(upper - median) or spread or 1.0
        bent_N = self._bend(y_N)
        scale = float(bent_N.std()) or 1.0
        mean_N = ((bent_N - bent_N.mean()) / scale + ndtri((rankdata(y_N) - 0.5) / len(y_N))) / 2
        standard_N = (mean_N - mean_N.mean()) / (float(mean_N.std()) or 1.0)
        self._slope = 1.0 / scale
        self._bent_U, first_U = np.unique(bent_N, return_index=True)
        self._target_U: Floats = standard_N[first_U]

    def forward(self, y_N: Floats) -> Floats:
        """Targets; of the accuracies that it was made from they have mean 0 and standard deviation 1."""
        bent_N = self._bend(y_N)
        beyond_N = bent_N - np.clip(bent_N, self._bent_U[0], self._bent_U[-1])
        target_N: Floats = np.interp(bent_N, self._bent_U, self._target_U) + self._slope * beyond_N
        return target_N

    def backward(self, t_N: Floats) -> Floats:
        """The inverse of ``forward``."""
        beyond_N = t_N - np.clip(t_N, self._target_U[0], self._target_U[-1])
        bent_N = np.interp(t_N, self._target_U, self._bent_U) + beyond_N / self._slope
        below_N = -np.expm1(np.clip(-bent_N, 0.0, _DEEPEST))
        accuracy_N: Floats = self._median + self._unit * np.where(bent_N < 0, below_N, bent_N)
        return accuracy_N

    def _bend(self, y_N: Floats) -> Floats:
        steps_N = (y_N - self._median) / self._unit
        bent_N: Floats = np.where(steps_N < 0, -np.log1p(np.maximum(-steps_N, 0.0)), steps_N)
        return bent_N

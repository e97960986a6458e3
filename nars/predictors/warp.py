"""Targets in a scale where the better half counts in full, and the worse half by logarithm and rank.

Shapes: N rows, K different accuracies of the worse half.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

Floats = NDArray[np.float64]

_DEEPEST = 600.0
"""Logarithm of the furthest below the median that is told, in upper quartiles: what is further is no number."""
_UPPER_QUARTILE = float(ndtri(0.75))


class Warp:
    """A rising map of accuracies, fixed by those that it was made from.

    Above their median it is linear, so that nothing of the order and the distances of good candidates is lost. Below it
    is the mean of two scales: the logarithm of the distance, as a training that failed to learn is not a thousand times
    further away than one that is mediocre, and the normal score of the rank, which tells apart what is crowded
    together. All three have the upper quartile as their unit.
    """

    def __init__(self, y_N: Floats) -> None:
        median, upper = np.quantile(y_N, [0.5, 0.75])
        self._median = float(median)
        self._unit = float(upper - median) or float(np.std(y_N)) or 1.0
        score_N = ndtri((rankdata(y_N) - 0.5) / len(y_N)) / _UPPER_QUARTILE
        log_N = self._logarithm(y_N)
        self._log_K, first_K = np.unique(np.append(log_N[log_N < 0], 0.0), return_index=True)
        self._score_K = np.append(score_N[log_N < 0], 0.0)[first_K]
        bent_N = self._bend(y_N)
        self._center, self._scale = float(bent_N.mean()), float(bent_N.std()) or 1.0

    def forward(self, y_N: Floats) -> Floats:
        """Targets of mean 0 and standard deviation 1."""
        standard_N: Floats = (self._bend(y_N) - self._center) / self._scale
        return standard_N

    def backward(self, t_N: Floats) -> Floats:
        """The inverse of ``forward``."""
        bent_N = t_N * self._scale + self._center
        twice_N, twice_K = 2 * np.minimum(bent_N, 0.0), self._log_K + self._score_K
        # Below the worst the rank stands still.
        log_N = np.interp(twice_N, twice_K, self._log_K) + np.minimum(twice_N - twice_K[0], 0.0)
        below_N = -np.expm1(np.clip(-log_N, 0.0, _DEEPEST))
        accuracy_N: Floats = self._median + self._unit * np.where(bent_N < 0, below_N, bent_N)
        return accuracy_N

    def _bend(self, y_N: Floats) -> Floats:
        log_N = self._logarithm(y_N)
        below_N = (log_N + np.interp(log_N, self._log_K, self._score_K)) / 2
        bent_N: Floats = np.where(log_N < 0, below_N, (y_N - self._median) / self._unit)
        return bent_N

    def _logarithm(self, y_N: Floats) -> Floats:
        """Minus the logarithm of the distance below the median; 0 above it."""
        log_N: Floats = -np.log1p(np.maximum((self._median - y_N) / self._unit, 0.0))
        return log_N

"""Expected improvement, in logarithms so that nothing is lost where it is tiny.

Shapes: N candidates.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx, ndtr

Floats = NDArray[np.float64]

_LOG_ROOT_2PI = 0.5 * np.log(2 * np.pi)
_FAR = -1e4
"""Below it the remainder is its first term to eight digits, and what is left of 1 - 1 is not."""


def log_expected_improvement(mean_N: Floats, spread_N: Floats, best: float | Floats) -> Floats:
    """Logarithm of how far each candidate is expected to rise above the best, where it does (Ament et al. 2023).

    Args:
        mean_N: Expected values.
        spread_N: Their standard deviations, above 0.
        best: What is to be beaten; a column of several gives a row for each.
    """
    z_N = (mean_N - best) / spread_N
    low_N, high_N = np.minimum(z_N, -1.0), np.maximum(z_N, -1.0)
    near_N = np.log(np.exp(-0.5 * high_N**2 - _LOG_ROOT_2PI) + high_N * ndtr(high_N))
    # Density plus z times probability is the density times 1 - Mills' ratio * |z|, which falls as 1 / z**2.
    remainder_N = 1.0 + low_N * np.sqrt(np.pi / 2) * erfcx(-low_N / np.sqrt(2))
    far_N = -0.5 * low_N**2 - _LOG_ROOT_2PI + np.log(np.where(low_N > _FAR, remainder_N, 1.0 / low_N**2))
    improvement_N: Floats = np.where(z_N > -1.0, near_N, far_N) + np.log(spread_N)
    return improvement_N


class Improvement:
    """Expected improvement over one value; see `nars.samplers.guided.Acquisition`."""

    def __init__(self, best: float) -> None:
        """Takes what is to be beaten."""
        self._best = best

    def log_value(self, codes_NK: Floats, x_ND: Floats, mean_N: Floats, spread_N: Floats) -> Floats:  # noqa: ARG002
        """Logarithm of the expected improvement, ``N``."""
        return log_expected_improvement(mean_N, spread_N, self._best)

    def take(self, codes_K: Floats, mean: float) -> None:
        """The batch changes nothing but what the predictor is sure of."""

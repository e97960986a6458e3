"""What a candidate is worth where costs are to be lowered too: how far it lifts the Pareto front.

Costs are known before any training, so only the accuracy is uncertain. For a user with some budget a candidate is worth
its expected improvement over the best that the budget allows; here that is averaged over budgets of all sizes, which is
the expected gain of the hypervolume under the front, over the logarithms of costs (Emmerich et al. 2006).

Shapes: N candidates, K knobs, C costs, B budgets.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp
from scipy.stats import qmc

from nars.samplers.improvement import log_expected_improvement

Floats = NDArray[np.float64]

_NUM_BUDGETS = 64
_WORTHLESS = -1e9
"""Logarithm of the worth of a candidate that no budget allows."""


class FrontImprovement:
    """Expected improvement of the front; see `nars.samplers.guided.Acquisition`."""

    def __init__(
        self,
        log_costs: Callable[[Floats], Floats],
        *,
        allowed_NC: Floats,
        known_NC: Floats,
        mean_N: Floats,
        least: float,
    ) -> None:
        """Takes the front as it is expected to be.

        Args:
            log_costs: Logarithms of the costs of coded candidates, ``N x C``.
            allowed_NC: Those of candidates from all over the space; budgets span their range.
            known_NC: Those of the candidates that were evaluated.
            mean_N: What is expected of each of these.
            least: What a budget has without any of them.
        """
        self._log_costs = log_costs
        self._budgets_BC = _budgets(np.concatenate([allowed_NC, known_NC]))
        self._best_B = np.full(len(self._budgets_BC), least)
        for log_cost_C, mean in zip(known_NC, mean_N, strict=True):
            self._lift(log_cost_C, mean)

    def log_value(self, codes_NK: Floats, x_ND: Floats, mean_N: Floats, spread_N: Floats) -> Floats:  # noqa: ARG002
        """Logarithm of the expected improvement, averaged over all budgets, ``N``."""
        improvement_BN = log_expected_improvement(mean_N, spread_N, self._best_B[:, None])
        allowed_BN = (self._log_costs(codes_NK)[None] <= self._budgets_BC[:, None]).all(axis=2)
        improvement_BN = np.where(allowed_BN, improvement_BN, _WORTHLESS)
        value_N: Floats = logsumexp(improvement_BN, axis=0) - np.log(len(self._best_B))
        return value_N

    def take(self, codes_K: Floats, mean: float) -> None:
        """The front as it is with a candidate that does as expected."""
        self._lift(self._log_costs(codes_K[None])[0], mean)

    def _lift(self, log_cost_C: Floats, mean: float) -> None:
        allowed_B = (log_cost_C <= self._budgets_BC).all(axis=1)
        self._best_B = np.where(allowed_B, np.maximum(self._best_B, mean), self._best_B)


def _budgets(log_cost_NC: Floats) -> Floats:
    """Budgets spread over the range of log costs, ``B x C``; the last allows everything."""
    low_C, high_C = log_cost_NC.min(axis=0), log_cost_NC.max(axis=0)
    sobol = qmc.Sobol(log_cost_NC.shape[1], scramble=False)
    inside_BC = low_C + (high_C - low_C) * sobol.random(_NUM_BUDGETS)[1:]
    return np.concatenate([inside_BC, np.full((1, len(low_C)), np.inf)])

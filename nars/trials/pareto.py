"""The Pareto front of accuracy against costs.

Shapes: N candidates, C costs.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nars.trials.cost import CostName
from nars.trials.trial import Trial

Floats = NDArray[np.float64]


def nondominated(accuracy_N: Floats, cost_NC: Floats) -> NDArray[np.bool_]:
    """Which candidates no other dominates, ``N``.

    One dominates another when its accuracy is at least as high and no cost is higher, and something of it is strictly
    better. Of candidates equal in everything the first stands for all.

    Raises:
        ValueError: If the lengths differ or an accuracy is not a number.
    """
    if accuracy_N.ndim != 1 or cost_NC.ndim != 2 or len(accuracy_N) != len(cost_NC):
        raise ValueError(f"accuracies and costs must be N and N x C, got {accuracy_N.shape} and {cost_NC.shape}")
    if np.isnan(accuracy_N).any():
        raise ValueError("accuracy must be a number, got nan")
    on_front_N = np.zeros(len(accuracy_N), dtype=np.bool_)
    front_NC, found = np.empty_like(cost_NC), 0
    # The most accurate first, the cheapest of equals before: what comes later is on the front by a lower cost alone.
    for row in np.lexsort((np.arange(len(accuracy_N)), cost_NC.sum(axis=1), -accuracy_N)):
        if not (front_NC[:found] <= cost_NC[row]).all(axis=1).any():
            on_front_N[row], front_NC[found], found = True, cost_NC[row], found + 1
    return on_front_N


def pareto_front(trials: Sequence[Trial], costs: Sequence[CostName]) -> list[Trial]:
    """Complete trials that no other dominates, the first cost rising.

    Args:
        trials: In any state.
        costs: At least one, known of each trial.
    """
    told = [trial for trial in trials if trial.evaluation]
    accuracy_N = np.array([trial.accuracy for trial in told], dtype=np.float64)
    cost_NC = np.array([[getattr(trial.cost, cost) for cost in costs] for trial in told], dtype=np.float64)
    cost_NC = cost_NC.reshape(len(told), len(costs))
    rows = np.flatnonzero(nondominated(accuracy_N, cost_NC))
    return [told[row] for row in rows[np.argsort(cost_NC[rows, 0], kind="stable")]]

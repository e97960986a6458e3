"""What each cost buys: the front against each cost, and the best trial under each of several budgets."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nars.trials import COST_NAMES, CostName, Trial, pareto_front

_LEVELS = 10


def known_costs(complete: Sequence[Trial]) -> tuple[CostName, ...]:
    """The costs that every one of some trials has, and that differ between them."""
    told = {cost: {getattr(trial.cost, cost) for trial in complete} for cost in COST_NAMES}
    return tuple(cost for cost, values in told.items() if len(values) > 1 and not values & {None, 0})


def fronts_frame(complete: Sequence[Trial]) -> pd.DataFrame:
    """One row per trial on the front of accuracy against one cost: ``cost``, ``number``, ``value``, ``accuracy``.

    Args:
        complete: Complete trials.
    """
    rows = [
        (cost, trial.number, float(getattr(trial.cost, cost)), trial.accuracy)
        for cost in known_costs(complete)
        for trial in pareto_front(complete, [cost])
    ]
    frame = pd.DataFrame(rows, columns=["cost", "number", "value", "accuracy"])
    return frame.astype({"cost": "string", "number": "Int64"})


def budgets_frame(complete: Sequence[Trial]) -> pd.DataFrame:
    """The best trial trained in full under each of ten budgets of each cost.

    Args:
        complete: Complete trials.

    Returns:
        ``cost``, ``maximum`` (evenly in the logarithm from the cheapest trial that was trained in full to the dearest),
        ``number`` and ``accuracy`` of the best within it, ``value`` (what it costs).
    """
    full = [trial for trial in complete if trial.trained_in_full]
    rows: list[tuple[str, float, int, float, float]] = []
    for cost in known_costs(full):
        value_N = np.array([float(getattr(trial.cost, cost)) for trial in full])
        low, high = float(value_N.min()), float(value_N.max())
        # Nine digits between the ends, where a root of integers is an integer; the ends as they are, which the cheapest
        # and the dearest trial must be within.
        between = [float(f"{level:.9g}") for level in np.geomspace(low, high, _LEVELS)[1:-1]]
        for maximum in [low, *between, high]:
            within = np.flatnonzero(value_N <= maximum).tolist()
            best = min(within, key=lambda row: (-full[row].accuracy, value_N[row], full[row].number))
            rows.append((cost, maximum, full[best].number, full[best].accuracy, float(value_N[best])))
    frame = pd.DataFrame(rows, columns=["cost", "maximum", "number", "accuracy", "value"])
    return frame.astype({"cost": "string", "number": "Int64"})

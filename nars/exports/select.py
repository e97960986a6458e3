"""Which trial to export."""

from collections.abc import Sequence

from nars.errors import ExperimentError
from nars.trials import CostName, Trial


def best_trial(
    trials: Sequence[Trial],
    *,
    max_macs: float | None = None,
    max_params: float | None = None,
    max_activations: float | None = None,
    max_latency_ms: float | None = None,
    max_memory_bytes: float | None = None,
) -> Trial:
    """The trial of the highest validation accuracy among those trained in full and within the budget.

    A detector counts under each setting of inference that it was told under (`Trial.served`). Of equally accurate
    trials the one with fewer MACs wins, then the earlier one.

    Args:
        trials: All trials of a study, in any order and state.
        max_macs: Bound on multiply-adds, itself allowed; none for any number. So are all the others.
        max_params: Bound on trainable numbers.
        max_activations: Bound on output elements of convolution and linear layers.
        max_latency_ms: Bound on milliseconds by the space's latency table.
        max_memory_bytes: Bound on peak inference memory.

    Returns:
        The winner.

    Raises:
        ExperimentError: If no trial was trained in full, or none of those is within the budget.
    """
    full = [trial for trial in trials if trial.trained_in_full]
    if not full:
        raise ExperimentError(
            f"only a trial trained in full (fidelity 1.0, complete) can be exported, "
            f"got none among {len(trials)} trials"
        )
    limits: dict[CostName, float | None] = {
        "macs": max_macs,
        "params": max_params,
        "activations": max_activations,
        "latency_ms": max_latency_ms,
        "memory_bytes": max_memory_bytes,
    }
    bounds = {name: limit for name, limit in limits.items() if limit is not None}
    served = [variant for trial in full for variant in trial.served]
    within = [trial for trial in served if all(_cost(trial, name) <= bound for name, bound in bounds.items())]
    if not within:
        raise ExperimentError(_nearest_miss(served, len(full), bounds))
    return min(within, key=lambda trial: (-trial.accuracy, trial.cost.macs, trial.number))


def trial_numbered(trials: Sequence[Trial], number: int) -> tuple[Trial]:
    """The one trial of a number.

    Raises:
        ExperimentError: If there is none.
    """
    for trial in trials:
        if trial.number == number:
            return (trial,)
    raise ExperimentError(f"the trial must be one of 0 to {len(trials) - 1}, got {number}")


def _cost(trial: Trial, name: CostName) -> float:
    value = getattr(trial.cost, name)
    if value is None:
        raise ExperimentError(f"trial {trial.number} has no {name}: its space names no latency table")
    return float(value)


def _excess(trial: Trial, bounds: dict[CostName, float]) -> float:
    """Largest quotient of a cost and its bound; a bound of 0 or less, which nothing meets, counts as 1."""
    return max(_cost(trial, name) / (bound if bound > 0 else 1.0) for name, bound in bounds.items())


def _nearest_miss(served: Sequence[Trial], num_trials: int, bounds: dict[CostName, float]) -> str:
    nearest = min(served, key=lambda trial: (_excess(trial, bounds), trial.number))
    rule = " and ".join(f"{name} <= {bound:,.10g}" for name, bound in bounds.items())
    costs = ", ".join(f"{name} {_cost(nearest, name):,.10g}" for name in bounds)
    return f"none of {num_trials} trials trained in full has {rule}; the nearest is trial {nearest.number}: {costs}"

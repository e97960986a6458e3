"""Which candidates meet the constraints, and why none does.

Shapes: N candidates.
"""

from collections.abc import Sequence

import numpy as np

from nars.cost.formula import CostColumns
from nars.errors import CostError
from nars.space.columns import Bools, Floats
from nars.space.constraint import Constraint, CostName


def meets(constraints: Sequence[Constraint], costs: CostColumns) -> Bools:
    """Which of N candidates meet every constraint; a cost equal to its bound does.

    Raises:
        CostError: If latency is bounded and the costs have none.
    """
    mask_N = np.ones(len(costs.macs_N), dtype=np.bool_)
    for constraint in constraints:
        mask_N &= _excess(constraint, costs) <= 0
    return mask_N


def describe_miss(constraints: Sequence[Constraint], costs: CostColumns) -> str:
    """One text on a sample in which no candidate meets all constraints.

    It tells how many candidates were tried; the nearest miss, that is the candidate whose furthest cost, relative to
    its bound, is nearest, with that cost and bound; and the constraint that fewest candidates meet alone.

    Args:
        constraints: At least one.
        costs: Costs of at least one candidate.

    Raises:
        CostError: If latency is bounded and the costs have none.
    """
    excess_CN = np.stack([_excess(constraint, costs) for constraint in constraints])
    nearest = int(np.argmin(excess_CN.max(axis=0)))
    missed = constraints[int(np.argmax(excess_CN[:, nearest]))]
    alone_C = (excess_CN <= 0).sum(axis=1)
    binding = int(np.argmin(alone_C))
    tried = excess_CN.shape[1]
    return (
        f"none of {tried} sampled candidates meets the constraints; the nearest miss has {missed.cost} "
        f"{_number(float(_values(missed.cost, costs)[nearest]))}, where {_bounds(missed)} is asked; "
        f"{_bounds(constraints[binding])} binds: {alone_C[binding]} of {tried} meet it alone"
    )


def _excess(constraint: Constraint, costs: CostColumns) -> Floats:
    """How far each candidate is outside the bounds, relative to the bound that it breaks; at most 0 inside."""
    values_N = _values(constraint.cost, costs)
    excess_N = np.full(len(values_N), -np.inf)
    if constraint.maximum is not None:
        excess_N = np.maximum(excess_N, (values_N - constraint.maximum) / max(abs(constraint.maximum), 1e-12))
    if constraint.minimum is not None:
        excess_N = np.maximum(excess_N, (constraint.minimum - values_N) / max(abs(constraint.minimum), 1e-12))
    return excess_N


def _values(cost: CostName, costs: CostColumns) -> Floats:
    if cost == "latency_ms":
        if costs.latency_ms_N is None:
            raise CostError("a constraint on latency_ms needs a latency table, got none")
        return costs.latency_ms_N
    columns = {
        "macs": costs.macs_N,
        "params": costs.params_N,
        "activations": costs.activations_N,
        "memory_bytes": costs.memory_bytes_N,
    }
    return columns[cost].astype(np.float64)


def _bounds(constraint: Constraint) -> str:
    """``1,000 <= macs <= 2,000``."""
    low = "" if constraint.minimum is None else f"{_number(constraint.minimum)} <= "
    high = "" if constraint.maximum is None else f" <= {_number(constraint.maximum)}"
    return f"{low}{constraint.cost}{high}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.6g}"

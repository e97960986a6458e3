"""How far candidates are outside a constraint.

Shapes: N candidates.
"""

import numpy as np

from nars.cost.formula import CostColumns
from nars.errors import CostError
from nars.space.columns import Floats
from nars.space.constraint import Constraint, CostName


def excess(constraint: Constraint, costs: CostColumns) -> Floats:
    """How far each candidate is outside the bounds, relative to the bound that it breaks; 0 inside and on it.

    Raises:
        CostError: If latency is bounded and the costs have none.
    """
    values_N = cost_values(costs, constraint.cost)
    excess_N = np.zeros(len(values_N))
    if constraint.maximum is not None:
        excess_N = np.maximum(excess_N, values_N / constraint.maximum - 1.0)
    if constraint.minimum:  # a minimum of 0 bounds nothing
        excess_N = np.maximum(excess_N, 1.0 - values_N / constraint.minimum)
    return excess_N


def cost_values(costs: CostColumns, name: CostName) -> Floats:
    """One cost of each candidate, `N`.

    Raises:
        CostError: If latency is asked for and the costs have none.
    """
    if name == "latency_ms":
        if costs.latency_ms_N is None:
            raise CostError("a constraint on latency_ms needs a latency table, got none")
        return costs.latency_ms_N
    columns = {
        "macs": costs.macs_N,
        "params": costs.params_N,
        "activations": costs.activations_N,
        "memory_bytes": costs.memory_bytes_N,
    }
    return columns[name].astype(np.float64)

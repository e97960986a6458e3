"""How far candidates are outside the bounds of a space.

Shapes: N candidates, K knobs.
"""

import numpy as np
from numpy.typing import NDArray

from nars.cost.constraints import meets
from nars.cost.formula import CostColumns, architecture_cost, cost_columns
from nars.cost.latency import LatencyTable
from nars.errors import CostError
from nars.space.candidate import Candidate
from nars.space.constraint import Constraint, CostName
from nars.space.search_space import SearchSpace
from nars.trials import Cost

Floats = NDArray[np.float64]


class CostBounds:
    """A space with the costs that its constraints bound.

    Attributes:
        space: The space.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self._table: LatencyTable | None = None
        if any(constraint.cost == "latency_ms" for constraint in space.constraints):
            if space.latency_table is None:
                raise CostError(f"a bound on latency_ms needs a latency table, '{space.name}' names none")
            self._table = LatencyTable.load(space.latency_table)

    def costs(self, codes_NK: Floats) -> CostColumns:
        """Costs of all candidates at once; latency only where a constraint bounds it."""
        return cost_columns(self.space.columns(codes_NK), table=self._table)

    def cost(self, candidate: Candidate) -> Cost:
        """Cost of one candidate; latency only where a constraint bounds it."""
        return architecture_cost(candidate.architecture, table=self._table)

    def excess(self, codes_NK: Floats) -> Floats:
        """Relative distance outside the bounds, added up over the constraints, `N`; 0 where all are met."""
        total_N = np.zeros(len(codes_NK))
        if self.space.constraints and len(codes_NK):
            costs = self.costs(codes_NK)
            for constraint in self.space.constraints:
                total_N += miss(constraint, column(costs, constraint.cost))
        return total_N

    def meeting(self, codes_NK: Floats) -> Floats:
        """The rows that meet every constraint, in their order."""
        if not self.space.constraints or not len(codes_NK):
            return codes_NK
        return codes_NK[meets(self.space.constraints, self.costs(codes_NK))]


def miss(constraint: Constraint, cost_N: Floats) -> Floats:
    """Relative distance outside one bound, at least 0."""
    over_N = np.zeros(len(cost_N))
    if constraint.maximum is not None:
        over_N = np.maximum(over_N, cost_N / constraint.maximum - 1.0)
    if constraint.minimum:  # a minimum of 0 bounds nothing
        over_N = np.maximum(over_N, 1.0 - cost_N / constraint.minimum)
    return over_N


def column(costs: CostColumns, name: CostName) -> Floats:
    """One cost of each candidate, `N`."""
    return np.asarray(getattr(costs, f"{name}_N"), dtype=np.float64)

"""A space together with what its candidates cost.

Shapes: N candidates, K knobs.
"""

import numpy as np
from numpy.typing import NDArray

from nars.cost.buildable import buildable_candidates
from nars.cost.constraints import cost_values, excess
from nars.cost.formula import CostColumns, candidate_cost, cost_columns
from nars.cost.latency import LatencyTable
from nars.space.candidate import Candidate
from nars.space.search_space import SearchSpace
from nars.trials import Cost

Floats = NDArray[np.float64]

_LEAST_COST = 1e-12


class CostBounds:
    """A space with the costs that its constraints bound.

    Attributes:
        space: The space.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self._table = None if space.latency_table is None else LatencyTable.load(space.latency_table)

    def costs(self, codes_NK: Floats) -> CostColumns:
        """Costs of all candidates at once; latency where the space names a table.

        Raises:
            CostError: If a network cannot be built, or the table lacks an operator.
        """
        return cost_columns(self.space.columns(codes_NK), table=self._table)

    def log_costs_to_lower(self, codes_NK: Floats) -> Floats:
        """Logarithms of the costs that are objectives, ``N x C``."""
        costs = self.costs(codes_NK)
        columns = [cost_values(costs, name) for name in self.space.costs_to_lower]
        return np.log(np.maximum(np.stack(columns, axis=1), _LEAST_COST))

    def cost(self, candidate: Candidate) -> Cost:
        """Cost of one candidate; latency where the space names a table."""
        return candidate_cost(candidate, table=self._table)

    def excess(self, codes_NK: Floats) -> Floats:
        """Relative distance outside the bounds, added up over the constraints, `N`; 0 where all are met.

        Networks that cannot be built are infinitely far.
        """
        total_N = np.full(len(codes_NK), np.inf)
        built_N = buildable_candidates(self.space.columns(codes_NK))
        total_N[built_N] = 0.0
        if self.space.constraints and built_N.any():
            costs = self.costs(codes_NK[built_N])
            total_N[built_N] = sum(excess(constraint, costs) for constraint in self.space.constraints)
        return total_N

    def meeting(self, codes_NK: Floats) -> Floats:
        """The rows that can be built and meet every constraint, in their order."""
        return codes_NK[self.excess(codes_NK) <= 0.0]

    def buildable(self, codes_NK: Floats) -> Floats:
        """The rows that can be built, in their order."""
        return codes_NK[self.is_buildable(codes_NK)]

    def is_buildable(self, codes_NK: Floats) -> NDArray[np.bool_]:
        """Which rows can be built, ``N``."""
        return buildable_candidates(self.space.columns(codes_NK))

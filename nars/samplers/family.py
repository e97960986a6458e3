"""A family of networks: the fine stage once for each of several budgets, on one fitted predictor.

Shapes: N candidates, K knobs.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nars.samplers.evolution import evolve
from nars.samplers.learning import Learnt
from nars.space.constraint import Constraint, CostName
from nars.space.search_space import SearchSpace

Floats = NDArray[np.float64]


def within(space: SearchSpace, cost: CostName, maximum: float) -> SearchSpace:
    """The space with another maximum of one cost; all other bounds hold as before, a minimum of that cost too."""
    bound = next((known for known in space.constraints if known.cost == cost), Constraint(cost=cost))
    others = tuple(known for known in space.constraints if known.cost != cost)
    return replace(space, constraints=(*others, replace(bound, maximum=maximum)))


def family(
    space: SearchSpace,
    learnt: Learnt,
    *,
    cost: CostName,
    maxima: Sequence[float],
    starts_NK: Floats,
    rng: np.random.Generator,
) -> Floats:
    """Codes of the best candidate within each maximum of a cost, in their order; trains nothing.

    A larger budget starts from the winners of the smaller ones, so that its winner is never told to be worse.

    Args:
        space: Where to search.
        learnt: Fitted on the trials of this space.
        cost: What the maxima bound.
        maxima: Rising.
        starts_NK: Codes of the best trials, maybe none.
        rng: The only source of randomness.

    Raises:
        InfeasibleSpaceError: If no candidate is within one of the maxima.
    """
    for maximum in maxima:
        budget = within(space, cost, maximum)
        winner_K = evolve(budget, learnt.score, starts_NK=starts_NK, rng=rng).codes_PK[0]
        starts_NK = np.concatenate([winner_K[None], starts_NK])
    return starts_NK[: len(maxima)][::-1]

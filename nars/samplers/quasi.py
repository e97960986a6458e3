"""Quasi Monte-Carlo: scrambled Sobol points, inside the constraints, spread over the range of costs.

Shapes: N candidates, K knobs.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from nars.cost.constraints import cost_values
from nars.errors import ExhaustedSpaceError
from nars.samplers.bounds import CostBounds
from nars.samplers.feasible import fresh, keys, sample_feasible, tried_keys
from nars.space.candidate import Candidate
from nars.space.search_space import SearchSpace
from nars.trials import Trial

Floats = NDArray[np.float64]

_POOL_PER_CANDIDATE = 32
_MAX_LOG2_POINTS = 16


class QuasiProposer:
    """Proposes the first round; needs nothing to have been learnt."""

    def __init__(self, space: SearchSpace) -> None:
        self._bounds = CostBounds(space)

    def propose(self, history: Sequence[Trial], n: int, *, rng: np.random.Generator) -> list[Candidate]:
        """Quasi random candidates; see ``Proposer.propose``."""
        space = self._bounds.space
        known = tried_keys(space, history)
        pool_NK = quasi_pool(self._bounds, _POOL_PER_CANDIDATE * n, rng=rng, known=known)
        chosen_NK = pool_NK[_spread(self._log_cost(pool_NK), n)]
        return space.decode(filled(self._bounds, chosen_NK, n, rng=rng, known=known))

    def _log_cost(self, codes_NK: Floats) -> Floats:
        constraints = self._bounds.space.constraints
        name = constraints[0].cost if constraints else "macs"
        return np.log(np.maximum(cost_values(self._bounds.costs(codes_NK), name), 1e-12))


def quasi_pool(bounds: CostBounds, n: int, *, rng: np.random.Generator, known: frozenset[bytes]) -> Floats:
    """Up to ``n`` new candidates of one Sobol sequence that meet the constraints, in its order; may be empty."""
    num_knobs = bounds.space.num_knobs
    pool_NK = np.empty((0, num_knobs))
    if num_knobs == 0:
        return pool_NK
    sobol = qmc.Sobol(num_knobs, scramble=True, rng=rng)
    log2_points = min(_MAX_LOG2_POINTS, int(np.ceil(np.log2(max(n, 2)))))
    batch_NK = sobol.random_base2(log2_points)
    while True:
        met_NK = bounds.meeting(bounds.space.codes_from_unit(batch_NK))
        pool_NK = fresh(np.concatenate([pool_NK, met_NK]), known)
        if len(pool_NK) >= n or log2_points >= _MAX_LOG2_POINTS:
            return pool_NK[:n]
        batch_NK = sobol.random_base2(log2_points)  # as many again: the balance of the sequence holds
        log2_points += 1


def filled(
    bounds: CostBounds, chosen_NK: Floats, n: int, *, rng: np.random.Generator, known: frozenset[bytes]
) -> Floats:
    """The chosen rows and, where they are fewer than ``n``, new random ones after them."""
    if len(chosen_NK) >= n:
        return chosen_NK[:n]
    if not len(chosen_NK):
        return sample_feasible(bounds, n, rng=rng, known=known)
    taken = known | set(keys(chosen_NK))
    try:
        more_NK = sample_feasible(bounds, n - len(chosen_NK), rng=rng, known=taken)
    except ExhaustedSpaceError:
        return chosen_NK
    return np.concatenate([chosen_NK, more_NK])


def _spread(values_N: Floats, n: int) -> NDArray[np.int64]:
    """Rows of one value from each of ``n`` equal parts of the range, then of the first values, in their order."""
    if len(values_N) <= n:
        return np.arange(len(values_N))
    low, span = values_N.min(), np.ptp(values_N)
    part_N = np.minimum(((values_N - low) / span * n).astype(np.int64), n - 1) if span > 0 else np.zeros(len(values_N))
    firsts = np.unique(part_N, return_index=True)[1]
    rest = np.setdiff1d(np.arange(len(values_N)), firsts)
    return np.sort(np.concatenate([firsts, rest[: n - len(firsts)]]))

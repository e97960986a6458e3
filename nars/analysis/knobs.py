"""What the knobs of a search are worth, by the predictor that its trials teach."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nars.analysis.importance import Importance, importance
from nars.predictors.threads import one_blas_thread
from nars.samplers import CostBounds, Learner, observe
from nars.space.search_space import SearchSpace
from nars.trials import Trial

FEWEST = 8
"""Ended trials below which nothing can be said of a knob."""
_CHUNK = 4096


def worth_of_knobs(space: SearchSpace, trials: Sequence[Trial], *, seed: int) -> Importance | None:
    """Shares of each knob in the variance of the expected accuracy; none while too few trials differ.

    The predictor is the search's own, fitted on all ended trials; the shares are those of what it expects, so that they
    are as good as it is.
    """
    observed = observe(trials)
    if len(observed.candidates) < FEWEST or np.ptp(observed.accuracy_N) == 0 or not space.knobs:
        return None
    bounds = CostBounds(space)
    with one_blas_thread():
        learnt = Learner(bounds, seed=seed).fit(observed)

        def tell(codes_NK: NDArray[np.float64]) -> NDArray[np.float64]:
            told_N = np.full(len(codes_NK), np.nan)
            built = np.flatnonzero(bounds.is_buildable(codes_NK))
            for start in range(0, len(built), _CHUNK):
                rows = built[start : start + _CHUNK]
                # What lies below all that was seen is told by extrapolation alone.
                told_N[rows] = np.maximum(learnt.predict(codes_NK[rows])[0], observed.accuracy_N.min())
            return told_N

        return importance(tell, space.knobs, rng=np.random.default_rng([len(trials), seed]))

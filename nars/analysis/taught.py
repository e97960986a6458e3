"""What the trials of a study teach: the search's own predictor, fitted on all that have ended.

Shapes: N candidates, K knobs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nars.predictors.threads import one_blas_thread
from nars.samplers import CostBounds, Learner, Observations, observe
from nars.samplers.learning import Learnt
from nars.space.search_space import SearchSpace
from nars.space.settings import PredictorName
from nars.trials import Trial

Floats = NDArray[np.float64]

FEWEST = 8
"""Ended trials below which nothing can be said of a knob."""
_CHUNK = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class Taught:
    """A fitted predictor, the space it is of, and what it was fitted on."""

    space: SearchSpace
    bounds: CostBounds
    observed: Observations
    learnt: Learnt
    seed: int
    """Of the study."""

    def rng(self) -> np.random.Generator:
        """A generator that is the same for the same trials."""
        return np.random.default_rng([len(self.observed.candidates), self.seed])

    def tell(self, codes_NK: Floats) -> Floats:
        """Expected accuracy of each row of codes, ``N``; NaN where a network cannot be built."""
        told_N = np.full(len(codes_NK), np.nan)
        built = np.flatnonzero(self.bounds.is_buildable(codes_NK))
        for start in range(0, len(built), _CHUNK):
            rows = built[start : start + _CHUNK]
            # What lies below all that was seen is told by extrapolation alone.
            told_N[rows] = np.maximum(self.learnt.expect(codes_NK[rows]), self.observed.accuracy_N.min())
        return told_N


def taught_by(
    space: SearchSpace, trials: Sequence[Trial], *, seed: int, predictor: PredictorName = "gaussian"
) -> Taught | None:
    """What trials teach, without what a warm start brought; none while fewer than ``FEWEST`` differ.

    Args:
        space: Of the study.
        trials: Of the study; running ones teach nothing.
        seed: Of the study.
        predictor: Of the study.
    """
    observed = observe(trials)
    if len(observed.candidates) < FEWEST or np.ptp(observed.accuracy_N) == 0 or not space.knobs:
        return None
    bounds = CostBounds(space)
    with one_blas_thread():
        learnt = Learner(bounds, seed=seed, kind=predictor).fit(observed)
    return Taught(space=space, bounds=bounds, observed=observed, learnt=learnt, seed=seed)

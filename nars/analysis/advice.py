"""Whether it is worth to go on: what the next trials are expected to gain, and what they cost.

Shapes: N candidates, S samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nars.analysis.duration import duration
from nars.analysis.taught import Taught
from nars.errors import ExhaustedSpaceError, InfeasibleSpaceError
from nars.predictors.threads import one_blas_thread
from nars.samplers import CoarseProposer
from nars.space.settings import PredictorName
from nars.trials import Trial

Floats = NDArray[np.float64]

NUM_TRIALS = 10
_SAMPLES = 4096
_NORMAL = 8
"""Trials that the assumption weighs that misses are normal, as the predictor tells its spread."""
_LEAST_SPREAD = 1e-4


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """What more trials are expected to bring."""

    trials: int
    """How many more; fewer than asked where the space holds no more."""
    gain: float
    """Expected rise of the best accuracy; 0 when none is expected."""
    spread: float
    """Standard deviation of it."""
    chance: float
    """Probability of any rise."""
    wall_s: float | None
    """Seconds of training one after the other; none where no trial told its own."""

    @property
    def sentence(self) -> str:
        """As said to people."""
        cost = "" if self.wall_s is None else f", in about {duration(self.wall_s)} of training one after the other"
        return (
            f"{self.trials} more trials, chosen by the predictor, are expected to raise the best accuracy by "
            f"{self.gain:.4f} (standard deviation {self.spread:.4f}; a chance of {self.chance:.0%} of any rise){cost}"
        )


def stop_advice(
    taught: Taught, trials: Sequence[Trial], predictions: pd.DataFrame, *, predictor: PredictorName
) -> Advice | None:
    """What the next trials would bring, were they proposed now; none where nothing new is found.

    The candidates are those that the sampler ``nars`` would propose, whichever the study has: some of the others think
    for minutes. Each accuracy is what the predictor expects and a miss, in spreads. Misses are drawn from those of one
    past round: its optimism about what it chose itself, and misses that a whole round shares, count as they were; and
    from a normal distribution as often as eight trials weigh among those told before, for a few dozen misses do not
    tell how rare a rise is.

    Args:
        taught: By the trials.
        trials: Of the study.
        predictions: As ``predictions_frame`` gives.
        predictor: Of the study.
    """
    rng = taught.rng()
    proposer = CoarseProposer(taught.space, seed=taught.seed, predictor=predictor)
    try:
        with one_blas_thread():
            candidates = proposer.propose(trials, NUM_TRIALS, rng=rng)
            mean_N, spread_N = taught.learnt.predict(taught.space.encode(candidates))
    except (ExhaustedSpaceError, InfeasibleSpaceError):
        return None
    best = float(taught.observed.accuracy_N.max())
    drawn_SN = mean_N + _misses(predictions, spread_N, rng=rng)
    gain_S = np.maximum(np.minimum(drawn_SN, 1.0).max(axis=1) - best, 0.0)
    pace = _seconds_per_mac(trials)
    macs = sum(taught.bounds.cost(candidate).macs * candidate.recipe.epochs for candidate in candidates)
    return Advice(
        trials=len(candidates),
        gain=float(gain_S.mean()),
        spread=float(gain_S.std()),
        chance=float((gain_S > 0).mean()),
        wall_s=None if pace is None else pace * macs * taught.observed.fidelity,
    )


def _misses(predictions: pd.DataFrame, spread_N: Floats, *, rng: np.random.Generator) -> Floats:
    """What accuracies may come out above what is expected, ``S x N``."""
    told = len(predictions)
    spread = predictions["spread"].clip(lower=_LEAST_SPREAD)
    spreads = ((predictions["got"] - predictions["expected"]) / spread).groupby(predictions["round"])
    rounds = [missed.to_numpy(dtype=np.float64) for _, missed in spreads]
    missed_SN = rng.standard_normal((_SAMPLES, len(spread_N)))
    for sample in np.flatnonzero(rng.random(_SAMPLES) < told / (told + _NORMAL)):
        missed_SN[sample] = rng.choice(rounds[rng.integers(len(rounds))], len(spread_N))
    return np.asarray(missed_SN * np.maximum(spread_N, _LEAST_SPREAD))


def _seconds_per_mac(trials: Sequence[Trial]) -> float | None:
    """Median over complete trials of seconds for each MAC of an image and epoch."""
    told = [
        trial.evaluation.wall_s / (trial.cost.macs * trial.evaluation.epochs)
        for trial in trials
        if trial.evaluation and trial.evaluation.wall_s > 0
    ]
    return float(np.median(told)) if told else None

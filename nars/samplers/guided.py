"""The batch that a fitted predictor expects most from: a pool of candidates, then steps uphill from the best of it.

Shapes: N candidates, K knobs, D features.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from nars.predictors import Predictor
from nars.samplers.feasible import fresh, keys
from nars.samplers.improvement import log_expected_improvement
from nars.space.codes import codes_from_unit
from nars.space.knobs import Knob
from nars.space.variation import cross_over, mutate, neighbours

Floats = NDArray[np.float64]


class Ground(Protocol):
    """Where candidates are looked for."""

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """K: what is searched."""
        ...

    def admitted(self, codes_NK: Floats) -> Floats:
        """The rows that may be proposed at all, in their order."""
        ...

    def inputs(self, codes_NK: Floats) -> Floats:
        """What the predictor sees of each row, ``N x D``."""
        ...

    def log_chance(self, x_ND: Floats) -> Floats:
        """Logarithm of the probability that constraints known by trial alone are met, ``N``; 0 without any."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class GuidedSettings:
    """Sizes of the pool and of the ascent."""

    quasi: int = 1024
    """Sobol points of the pool."""
    children: int = 512
    """Mutations and crossovers of the best in the pool."""
    parents: int = 10
    """The best, from whom children come."""
    rate: float = 0.1
    """Share of knobs that a mutation changes."""
    climbers: int = 3
    """Candidates that step uphill at once."""
    climbs: int = 8
    """Steps at most."""
    neighbours: int = 150
    """Looked at around each climber at most."""


def propose_guided(
    ground: Ground,
    predictor: Predictor,
    best_NK: Floats,
    n: int,
    *,
    bar: float | None,
    known: frozenset[bytes],
    rng: np.random.Generator,
    settings: GuidedSettings | None = None,
) -> Floats:
    """Codes of the batch by expected improvement, ``n x K``; fewer rows where nothing new was met.

    Within a batch, a chosen candidate counts as evaluated just as expected (the kriging believer of Ginsbourger et al.
    2010), which keeps the batch apart: near it less is left to be learnt.

    Args:
        ground: Where to look.
        predictor: Fitted on everything known; the batch is assumed in it.
        best_NK: The best candidates known, the best first.
        n: How many are asked.
        bar: Expected value of the best that meets all constraints; none where nothing meets them yet, so that the
            chance to meet them is all that counts.
        known: Keys of candidates that must not come again.
        rng: The only source of randomness.
        settings: Sizes.
    """
    settings = settings or GuidedSettings()
    pool_NK = _pool(ground, best_NK, known, settings, rng)
    chosen_NK = np.empty((0, len(ground.knobs)))
    for _ in range(n):
        value_N = _values(ground, predictor, pool_NK, bar)
        pool_NK, value_N = _climbed(ground, predictor, pool_NK, value_N, bar, known, settings, rng)
        if not len(pool_NK):
            break
        pick = int(np.argmax(value_N))
        chosen_NK = np.concatenate([chosen_NK, pool_NK[pick : pick + 1]])
        predictor.assume(ground.inputs(pool_NK[pick : pick + 1])[0])
        known |= set(keys(pool_NK[pick : pick + 1]))  # its neighbours must not lead back to it
        pool_NK = np.delete(pool_NK, pick, axis=0)
    return chosen_NK


def _pool(
    ground: Ground, best_NK: Floats, known: frozenset[bytes], settings: GuidedSettings, rng: np.random.Generator
) -> Floats:
    """New candidates from all over, and more from around the best."""
    knobs = ground.knobs
    sobol = qmc.Sobol(len(knobs), scramble=True, rng=rng)
    parts = [codes_from_unit(knobs, sobol.random(settings.quasi))]
    if len(best_NK):
        parents_NK = best_NK[: settings.parents]
        first_NK = parents_NK[rng.integers(len(parents_NK), size=settings.children)]
        second_NK = parents_NK[rng.integers(len(parents_NK), size=settings.children)]
        half = settings.children // 2
        first_NK[:half] = cross_over(knobs, first_NK[:half], second_NK[:half], rng=rng)
        parts.append(mutate(knobs, first_NK, rate=settings.rate, rng=rng))
        around = best_NK[: settings.climbers]
        parts += [neighbours(knobs, row_K, most=settings.neighbours, rng=rng) for row_K in around]
    return fresh(ground.admitted(np.concatenate(parts)), known)


def _climbed(
    ground: Ground,
    predictor: Predictor,
    pool_NK: Floats,
    value_N: Floats,
    bar: float | None,
    known: frozenset[bytes],
    settings: GuidedSettings,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """The pool and what steps uphill from its best rows met, until a step brings nothing."""
    for _ in range(settings.climbs):
        top = np.argsort(-value_N, kind="stable")[: settings.climbers]
        around = [neighbours(ground.knobs, pool_NK[row], most=settings.neighbours, rng=rng) for row in top]
        if not around:
            break
        met_NK = fresh(np.concatenate([pool_NK, ground.admitted(np.concatenate(around))]), known)[len(pool_NK) :]
        met_value_N = _values(ground, predictor, met_NK, bar)
        rose = len(met_NK) > 0 and met_value_N.max() > value_N.max()
        pool_NK, value_N = np.concatenate([pool_NK, met_NK]), np.concatenate([value_N, met_value_N])
        if not rose:
            break
    return pool_NK, value_N


def _values(ground: Ground, predictor: Predictor, codes_NK: Floats, bar: float | None) -> Floats:
    if not len(codes_NK):
        return np.empty(0)
    x_ND = ground.inputs(codes_NK)
    if bar is None:
        return ground.log_chance(x_ND)
    mean_N, spread_N = predictor.predict_warped(x_ND)
    return log_expected_improvement(mean_N, spread_N, bar) + ground.log_chance(x_ND)

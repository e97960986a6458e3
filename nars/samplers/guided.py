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
from nars.space.codes import codes_from_unit
from nars.space.knobs import Knob
from nars.space.variation import cross_over, mutate, neighbours

Floats = NDArray[np.float64]


_KNOBS_FOR_EACH = 3
"""Candidates that run side by side differ in one knob for each three that there are..."""
_MOST_APART = 4
"""...but need not differ in more than so many."""
_TOO_NEAR = 1e6
"""What the logarithm of a value loses otherwise: such a candidate is taken only where there is no other."""
_DOUBT = 1.0
"""Standard deviations below their mean at which candidates that run, and those of the batch, count as evaluated: the
rest of a batch is there for the case that the first is not what was expected."""


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


class Acquisition(Protocol):
    """What candidates are worth to the search."""

    def log_value(self, codes_NK: Floats, x_ND: Floats, mean_N: Floats, spread_N: Floats) -> Floats:
        """Logarithm of what each candidate is worth, ``N``.

        Args:
            codes_NK: The candidates.
            x_ND: What a predictor sees of them.
            mean_N: What the predictor expects, in the scale that it learns in.
            spread_N: The standard deviation of it.
        """
        ...

    def take(self, codes_K: Floats, mean: float) -> None:
        """A candidate was put into the batch, and counts as evaluated."""
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
    kept: int = 512
    """The best of all that were met, from whom the next of a batch is chosen: what counts as evaluated lowers values,
    so that the others stay behind."""


def propose_guided(
    ground: Ground,
    predictor: Predictor,
    best_NK: Floats,
    n: int,
    *,
    acquisition: Acquisition,
    running_NK: Floats,
    known: frozenset[bytes],
    rng: np.random.Generator,
    settings: GuidedSettings | None = None,
) -> Floats:
    """Codes of the batch that is worth most, ``n x K``; fewer rows where nothing new was met.

    What runs and what was chosen counts as evaluated, one standard deviation below what is expected (between the
    kriging believer and the constant liar of Ginsbourger et al. 2010): near it less is left to be learnt, and what
    would fail with it is worth less. Candidates that run side by side differ in several knobs where they can.

    Args:
        ground: Where to look.
        predictor: Fitted on everything known; what runs and the batch are assumed in it.
        best_NK: The best candidates known, the best first.
        n: How many are asked.
        acquisition: What a candidate is worth.
        running_NK: Candidates under evaluation.
        known: Keys of candidates that must not come again.
        rng: The only source of randomness.
        settings: Sizes.
    """
    for x_D in ground.inputs(running_NK):
        predictor.assume(x_D, below=_DOUBT)
    hunt = _Hunt(ground, predictor, acquisition, running_NK, known, rng, settings or GuidedSettings())
    pool_NK = hunt.pool(best_NK)
    for _ in range(n):
        pool_NK, value_N = hunt.climbed(pool_NK)
        if not len(pool_NK):
            break
        pool_NK = hunt.narrowed(pool_NK, value_N)
    return hunt.beside_NK[len(running_NK) :]


class _Hunt:
    """The search for one batch.

    Attributes:
        beside_NK: What runs, then what was chosen so far.
    """

    def __init__(
        self,
        ground: Ground,
        predictor: Predictor,
        acquisition: Acquisition,
        running_NK: Floats,
        known: frozenset[bytes],
        rng: np.random.Generator,
        settings: GuidedSettings,
    ) -> None:
        self._ground = ground
        self._predictor = predictor
        self._acquisition = acquisition
        self._known = known
        self._rng = rng
        self._settings = settings
        self.beside_NK = running_NK

    def pool(self, best_NK: Floats) -> Floats:
        """New candidates from all over, and more from around the best."""
        knobs, settings, rng = self._ground.knobs, self._settings, self._rng
        sobol = qmc.Sobol(len(knobs), scramble=True, rng=rng)
        parts = [codes_from_unit(knobs, sobol.random(settings.quasi))]
        if len(best_NK):
            parents_NK = best_NK[: settings.parents]
            first_NK = parents_NK[rng.integers(len(parents_NK), size=settings.children)]
            second_NK = parents_NK[rng.integers(len(parents_NK), size=settings.children)]
            half = settings.children // 2
            first_NK[:half] = cross_over(knobs, first_NK[:half], second_NK[:half], rng=rng)
            parts.append(mutate(knobs, first_NK, rate=settings.rate, rng=rng))
            parts.append(self._around(best_NK[: settings.climbers]))
        return fresh(self._ground.admitted(np.concatenate(parts)), self._known)

    def climbed(self, pool_NK: Floats) -> tuple[Floats, Floats]:
        """The pool and what steps uphill from its best rows met, until a step brings nothing; and their values."""
        value_N = self._values(pool_NK)
        for _ in range(self._settings.climbs):
            top = np.argsort(-value_N, kind="stable")[: self._settings.climbers]
            around_NK = self._ground.admitted(self._around(pool_NK[top]))
            met_NK = fresh(np.concatenate([pool_NK, around_NK]), self._known)[len(pool_NK) :]
            if not len(met_NK):
                break
            met_value_N = self._values(met_NK)
            rose = met_value_N.max() > value_N.max()
            pool_NK, value_N = np.concatenate([pool_NK, met_NK]), np.concatenate([value_N, met_value_N])
            if not rose:
                break
        return pool_NK, value_N

    def narrowed(self, pool_NK: Floats, value_N: Floats) -> Floats:
        """Puts the best of the pool into the batch; gives the best of the others, in their order."""
        first, *others = np.argsort(-value_N, kind="stable")[: 1 + self._settings.kept].tolist()
        self._take(pool_NK[first])
        return pool_NK[sorted(others)]

    def _take(self, codes_K: Floats) -> None:
        x_1D = self._ground.inputs(codes_K[None])
        self._acquisition.take(codes_K, float(self._predictor.expect_warped(x_1D)[0]))
        self._predictor.assume(x_1D[0], below=_DOUBT)
        self._known |= set(keys(codes_K[None]))
        self.beside_NK = np.concatenate([self.beside_NK, codes_K[None]])

    def _around(self, codes_NK: Floats) -> Floats:
        knobs, most = self._ground.knobs, self._settings.neighbours
        parts = [neighbours(knobs, row_K, most=most, rng=self._rng) for row_K in codes_NK]
        return np.concatenate([np.empty((0, len(knobs))), *parts])

    def _values(self, codes_NK: Floats) -> Floats:
        """Logarithm of the worth; far less where a candidate is too near one beside it."""
        if not len(codes_NK):
            return np.empty(0)
        x_ND = self._ground.inputs(codes_NK)
        value_N = self._acquisition.log_value(codes_NK, x_ND, *self._predictor.predict_warped(x_ND))
        least = np.clip(len(self._ground.knobs) // _KNOBS_FOR_EACH, 1, _MOST_APART)
        for beside_K in self.beside_NK:
            same_NK = (codes_NK == beside_K) | (np.isnan(codes_NK) & np.isnan(beside_K))
            value_N = np.where(np.sum(~same_NK, axis=1) < least, value_N - _TOO_NEAR, value_N)
        return value_N

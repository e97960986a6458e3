"""The coarse stage: each round takes the batch that the predictor likes best among new candidates in the bounds.

Shapes: N candidates of the pool, K knobs, D features.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nars.predictors import Predictor
from nars.samplers.bounds import CostBounds
from nars.samplers.feasible import fresh, tried_keys
from nars.samplers.history import Observations, observe
from nars.samplers.learning import Learner
from nars.samplers.quasi import QuasiProposer, filled, quasi_pool
from nars.space.candidate import Candidate
from nars.space.search_space import SearchSpace
from nars.trials import Trial

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class CoarseSettings:
    """Sizes of the pool, and the balance between what is good and what is unknown."""

    min_observations: int = 4
    """Below this many ended trials the proposals are quasi random."""
    quasi: int = 4096
    """Sobol candidates of the pool."""
    children: int = 2048
    """Mutations and crossovers of the best trials in the pool."""
    parents: int = 10
    rate: float = 0.1
    """Share of knobs that a mutation changes."""
    confidence: float = 1.0
    """Spreads that are added to the mean: an upper confidence bound."""
    trusted_correlation: float = 0.7
    """Cross-validated rank correlation from which on nothing is left to chance."""
    distrusted_share: float = 0.5
    """Share of a batch that is quasi random while the predictor ranks no better than chance."""


class CoarseProposer:
    """FBNetV3's constrained iterative optimisation: propose with the predictor, evaluate, refit on everything."""

    def __init__(self, space: SearchSpace, *, seed: int, settings: CoarseSettings | None = None) -> None:
        self._bounds = CostBounds(space)
        self._quasi = QuasiProposer(space)
        self._learner = Learner(self._bounds, seed=seed)
        self._settings = settings or CoarseSettings()

    def propose(self, history: Sequence[Trial], n: int, *, rng: np.random.Generator) -> list[Candidate]:
        """The batch of the next round; see ``Proposer.propose``."""
        observations = observe(history)
        if len(observations.accuracy_N) < self._settings.min_observations or np.ptp(observations.accuracy_N) == 0:
            return self._quasi.propose(history, n, rng=rng)
        space = self._bounds.space
        known = tried_keys(space, history)
        predictor = self._learner.fit(observations)
        guided = n - self._chances(n, predictor.rank_correlation)
        pool_NK = self._pool(observations, rng=rng, known=known)
        chosen_NK = pool_NK[self._choose(predictor, space.features(pool_NK), guided)]
        # The pool begins with Sobol points, so its first unchosen ones are the quasi random share.
        chosen_NK = fresh(np.concatenate([chosen_NK, pool_NK]), known)[:n]
        return space.decode(filled(self._bounds, chosen_NK, n, rng=rng, known=known))

    def _chances(self, n: int, rank_correlation: float) -> int:
        """How many of a batch are quasi random, the more the worse the predictor ranks candidates unseen."""
        distrust = 1.0 - max(0.0, rank_correlation) / self._settings.trusted_correlation
        return round(n * self._settings.distrusted_share * max(0.0, distrust))

    def _pool(self, observations: Observations, *, rng: np.random.Generator, known: frozenset[bytes]) -> Floats:
        space, settings = self._bounds.space, self._settings
        sobol_NK = quasi_pool(self._bounds, settings.quasi, rng=rng, known=known)
        best = np.argsort(-observations.accuracy_N, kind="stable")[: settings.parents]
        parents_NK = space.encode([observations.candidates[row] for row in best])
        first_NK = parents_NK[rng.integers(len(parents_NK), size=settings.children)]
        second_NK = parents_NK[rng.integers(len(parents_NK), size=settings.children)]
        half = settings.children // 2
        first_NK[:half] = space.cross_over(first_NK[:half], second_NK[:half], rng=rng)
        children_NK = space.mutate(first_NK, rate=settings.rate, rng=rng)
        return fresh(np.concatenate([sobol_NK, self._bounds.meeting(children_NK)]), known)

    def _choose(self, predictor: Predictor, x_ND: Floats, n: int) -> list[int]:
        """Rows by upper confidence bound; the bonus for being unknown turns into a penalty beside a chosen row."""
        chosen: list[int] = []
        mean_N, spread_N = predictor.predict(x_ND)
        width = _typical_distance(x_ND) / 2
        near_N = np.zeros(len(x_ND))
        for _ in range(min(n, len(x_ND))):
            value_N = mean_N + self._settings.confidence * spread_N * (1.0 - 2.0 * near_N)
            value_N[chosen] = -np.inf
            chosen.append(int(np.argmax(value_N)))
            square_N = np.sum((x_ND - x_ND[chosen[-1]]) ** 2, axis=1)
            near_N = np.maximum(near_N, np.exp(-square_N / (2 * width**2)))
        return chosen


def _typical_distance(x_ND: Floats, *, rows: int = 256) -> float:
    """Median distance between neighbours in the pool's order, which is random enough for a length."""
    steps_ND = np.diff(x_ND[: rows + 1], axis=0)
    lengths_N = np.sqrt(np.sum(steps_ND**2, axis=1))
    return float(np.median(lengths_N)) if len(lengths_N) and np.median(lengths_N) > 0 else 1.0

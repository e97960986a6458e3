"""The fine stage: an adaptive genetic search on a fitted predictor, inside the constraints; trains nothing.

Shapes: P population, N children, K knobs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nars.predictors import Predictor
from nars.samplers.bounds import CostBounds
from nars.samplers.feasible import fresh, sample_feasible
from nars.space.search_space import SearchSpace

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class EvolutionSettings:
    """Sizes and patience of the search."""

    population: int = 100
    """P: how many of the best are kept."""
    children: int = 1000
    """N: candidates made in each generation."""
    immigrants: int = 50
    """Random candidates in each generation, against inbreeding."""
    generations: int = 100
    epsilon: float = 1e-6
    """Smallest rise of the best score that counts."""
    patience: int = 10
    """Generations without a rise after which the search stops."""
    rate: float = 0.2
    """Share of knobs that a mutation changes at the start; adapts from there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evolved:
    """What the search found."""

    codes_PK: Floats
    """Different candidates that meet the constraints, the best first."""
    score_P: Floats
    """Their predictions."""
    generations: int
    """Generations that ran."""


def evolve(
    space: SearchSpace,
    predictor: Predictor,
    *,
    starts_NK: Floats,
    rng: np.random.Generator,
    settings: EvolutionSettings | None = None,
) -> Evolved:
    """Candidates of the highest prediction that meet the space's constraints.

    Args:
        space: Where to search; another budget is the same space with other constraints.
        predictor: Fitted on the features of this space.
        starts_NK: Codes of the best trials, `N x K`, maybe none; those outside the constraints are left out.
        rng: The only source of randomness.
        settings: Sizes and patience.

    Raises:
        InfeasibleSpaceError: If no candidate meets the constraints.
    """
    settings = settings or EvolutionSettings()
    bounds = CostBounds(space)
    starts_NK = bounds.meeting(starts_NK)
    random_NK = sample_feasible(bounds, settings.population, rng=rng)
    population = _Population.of(space, predictor, np.concatenate([starts_NK, random_NK]), size=settings.population)
    rate, stale, generation = settings.rate, 0, 0
    while generation < settings.generations and stale < settings.patience:
        generation += 1
        parent_N = rng.integers(len(population.codes_PK), size=settings.children)
        children_NK = _children(space, population.codes_PK, parent_N, rate=rate, rng=rng)
        score_N = predictor.predict(space.features(children_NK))[0]
        rate = _adapted(rate, float(np.mean(score_N > population.score_P[parent_N])), num_knobs=space.num_knobs)
        immigrants_NK = space.sample_codes(settings.immigrants, rng=rng)
        new_NK = bounds.meeting(np.concatenate([children_NK, immigrants_NK]))
        best = population.score_P[0]
        merged_NK = np.concatenate([population.codes_PK, new_NK])
        population = _Population.of(space, predictor, merged_NK, size=settings.population)
        stale = 0 if population.score_P[0] > best + settings.epsilon else stale + 1
    return Evolved(codes_PK=population.codes_PK, score_P=population.score_P, generations=generation)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Population:
    codes_PK: Floats
    score_P: Floats

    @classmethod
    def of(cls, space: SearchSpace, predictor: Predictor, codes_NK: Floats, *, size: int) -> "_Population":
        """The best different rows, the best first."""
        codes_NK = fresh(codes_NK, ())
        score_N = predictor.predict(space.features(codes_NK))[0]
        order = np.argsort(-score_N, kind="stable")[:size]
        return cls(codes_PK=codes_NK[order], score_P=score_N[order])


def _children(
    space: SearchSpace, codes_PK: Floats, parent_N: NDArray[np.int64], *, rate: float, rng: np.random.Generator
) -> Floats:
    """One child per parent: a third is crossed with another parent, a third mutated, a third both."""
    children_NK = codes_PK[parent_N]
    third = len(children_NK) // 3
    mates_NK = codes_PK[rng.integers(len(codes_PK), size=2 * third)]
    children_NK[: 2 * third] = space.cross_over(children_NK[: 2 * third], mates_NK, rng=rng)
    children_NK[third:] = space.mutate(children_NK[third:], rate=rate, rng=rng)
    return children_NK


def _adapted(rate: float, success: float, *, num_knobs: int) -> float:
    """Rechenberg's rule: bolder mutations while more than a fifth of the children beat their parent, else finer."""
    factor = 1.2 if success > 0.2 else 0.85
    return float(np.clip(rate * factor, 0.5 / max(1, num_knobs), 0.5))

"""The fine stage: an adaptive genetic search on a fitted predictor's score, inside the constraints; trains nothing.

Shapes: P population, N children, K knobs.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nars.samplers.bounds import CostBounds
from nars.samplers.feasible import fresh, keys, sample_feasible
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
    """Their scores."""
    generations: int
    """Generations that ran."""


def evolve(
    space: SearchSpace,
    score: Callable[[Floats], Floats],
    *,
    starts_NK: Floats,
    rng: np.random.Generator,
    settings: EvolutionSettings | None = None,
) -> Evolved:
    """Candidates of the highest score that meet the space's constraints.

    Args:
        space: Where to search; another budget is the same space with other constraints.
        score: Number of each row of codes, larger is better; what a fitted predictor tells.
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
    starts_NK = fresh(np.concatenate([starts_NK, random_NK]), ())
    population = _best(starts_NK, score(starts_NK), size=settings.population)
    rate, stale, generation = settings.rate, 0, 0
    while generation < settings.generations and stale < settings.patience:
        generation += 1
        codes_PK, score_P = population
        parent_N = rng.integers(len(codes_PK), size=settings.children)
        children_NK = _children(space, codes_PK, parent_N, rate=rate, rng=rng)
        met_N = bounds.excess(children_NK) <= 0.0
        immigrants_NK = bounds.meeting(space.sample_codes(settings.immigrants, rng=rng))
        new_NK = np.concatenate([children_NK[met_N], immigrants_NK])
        score_N = score(new_NK)
        num_children = int(met_N.sum())
        if num_children:
            success = float(np.mean(score_N[:num_children] > score_P[parent_N[met_N]]))
            rate = _adapted(rate, success, num_knobs=space.num_knobs)
        merged_NK, merged_N = np.concatenate([codes_PK, new_NK]), np.concatenate([score_P, score_N])
        population = _best(merged_NK, merged_N, size=settings.population)
        stale = 0 if population[1][0] > score_P[0] + settings.epsilon else stale + 1
    return Evolved(codes_PK=population[0], score_P=population[1], generations=generation)


def _best(codes_NK: Floats, score_N: Floats, *, size: int) -> tuple[Floats, Floats]:
    """The best different rows and their scores, the best first."""
    order = np.argsort(-score_N, kind="stable")
    seen = set[bytes]()
    kept = []
    for row in order:
        key = keys(codes_NK[row : row + 1])[0]
        if key not in seen:
            seen.add(key)
            kept.append(row)
        if len(kept) == size:
            break
    return codes_NK[kept], score_N[kept]


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

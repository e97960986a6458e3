"""Why nothing meets the constraints: the nearest miss, the bound that it breaks and the knobs that hold it there.

Shapes: N candidates, K knobs.
"""

import numpy as np
from numpy.typing import NDArray

from nars.cost.constraints import cost_values, excess
from nars.samplers.bounds import CostBounds
from nars.space.constraint import Constraint
from nars.space.domains import Choice
from nars.space.knobs import Knob

Floats = NDArray[np.float64]

_GRID = 5
"""Values of a continuous knob that are looked at."""
_NAMED = 3
"""Binding knobs that a message names."""


def repair(bounds: CostBounds, codes_NK: Floats, *, rounds: int = 100) -> Floats:
    """Lower each row's excess by one knob at a time until no single change helps; the nearest miss comes first."""
    repaired_NK = np.array([_repair_one(bounds, start_K, rounds=rounds) for start_K in codes_NK])
    return repaired_NK[np.argsort(bounds.excess(repaired_NK), kind="stable")]


def describe_nearest_miss(bounds: CostBounds, codes_K: Floats, *, draws: int) -> str:
    """The whole message of an infeasible space.

    Args:
        bounds: The space and its constraints.
        codes_K: The nearest miss, already repaired.
        draws: Random candidates that were tried.
    """
    costs = bounds.costs(codes_K[None])
    worst = max(bounds.space.constraints, key=lambda c: float(excess(c, costs)[0]))
    cost = float(cost_values(costs, worst.cost)[0])
    above = worst.maximum is not None and cost > worst.maximum
    bound = worst.maximum if above else worst.minimum
    knobs = _binding_knobs(bounds, worst, codes_K)
    return (
        f"no candidate of '{bounds.space.name}' meets the constraints ({draws} random ones were tried, the nearest "
        f"changed knob by knob): {worst.cost} must be {'<=' if above else '>='} {bound:.15g}, "
        f"the nearest miss has {cost:.15g}; "
        + (f"binding knobs: {', '.join(knobs)}" if knobs else "no searched knob changes it")
    )


def _repair_one(bounds: CostBounds, start_K: Floats, *, rounds: int) -> Floats:
    best_K, best = start_K, float(bounds.excess(start_K[None])[0])
    for _ in range(rounds):
        changed_NK = np.concatenate([best_K[None], *(_changes(bounds, best_K, k) for k in range(len(best_K)))])
        excess_N = bounds.excess(changed_NK)
        if excess_N.min() >= best:
            break
        best_K, best = changed_NK[int(np.argmin(excess_N))], float(excess_N.min())
    return best_K


def _changes(bounds: CostBounds, codes_K: Floats, knob: int) -> Floats:
    """The row with every value of one knob; none where it is inactive. Knobs that become active are at their lowest."""
    if np.isnan(codes_K[knob]):
        return np.empty((0, len(codes_K)))
    size = bounds.space.knobs[knob].domain.size
    units_N = np.linspace(0.0, 1.0, _GRID) if size is None else (np.arange(size) + 0.5) / size
    u_NK = np.repeat(np.nan_to_num(bounds.space.to_unit(codes_K[None]), nan=0.0), len(units_N), axis=0)
    u_NK[:, knob] = units_N
    return bounds.space.codes_from_unit(u_NK)


def _binding_knobs(bounds: CostBounds, constraint: Constraint, codes_K: Floats) -> list[str]:
    """Knobs that move the broken cost most; each is where the cost is best, so only another domain could help."""
    effects = []
    for k, knob in enumerate(bounds.space.knobs):
        changed_NK = _changes(bounds, codes_K, k)
        if knob.is_architecture and len(changed_NK) > 1:
            cost_N = cost_values(bounds.costs(bounds.buildable(changed_NK)), constraint.cost)
            effects.append((float(np.ptp(cost_N)), k))
    strongest = sorted((-effect, k) for effect, k in effects if effect > 0)[:_NAMED]
    return [_told(bounds.space.knobs[k], codes_K[k]) for _, k in strongest]


def _told(knob: Knob, code: float) -> str:
    """A knob's value beside what it may be, as in ``architecture.resolution is 16 (16 to 28)``."""
    domain = knob.domain
    values = list(domain.values) if isinstance(domain, Choice) else None
    span = f"one of {values}" if values else f"{domain.value(0.0)} to {domain.value((domain.size or 2) - 1.0)}"
    return f"{knob.path} is {domain.value(code)} ({span})"

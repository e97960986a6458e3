"""Mutation and crossover: new candidates beside old ones, always inside the space.

Shapes: N candidates, K knobs.
"""

import numpy as np
from numpy.typing import NDArray

from nars.space.codes import codes_from_unit, to_unit
from nars.space.knobs import Knob

Floats = NDArray[np.float64]

_STEP = 0.15
"""Standard deviation of a local step, as a share of an ordered domain."""


def mutate(knobs: tuple[Knob, ...], codes_NK: Floats, *, rate: float, rng: np.random.Generator) -> Floats:
    """One child per row: each knob changes with probability ``rate``, and at least one always does.

    Ordered knobs take a local step half of the time (never smaller than one value), else a fresh random value.
    """
    n, num_knobs = codes_NK.shape
    u_NK = _filled(to_unit(knobs, codes_NK), rng)
    sizes_K = np.array([knob.domain.size or np.inf for knob in knobs])
    ordered_K = np.array([knob.domain.ordered for knob in knobs])
    change_NK = rng.random((n, num_knobs)) < rate
    movable_NK = ~np.isnan(codes_NK) & (sizes_K > 1)
    change_NK |= np.arange(num_knobs) == _one_of(movable_NK, rng)[:, None]

    step_NK = rng.normal(0.0, _STEP, (n, num_knobs))
    step_NK = np.sign(step_NK) * np.maximum(np.abs(step_NK), 1.0 / sizes_K)
    near_NK = u_NK + step_NK
    near_NK = np.where((near_NK < 0) | (near_NK >= 1), u_NK - step_NK, near_NK)
    local_NK = ordered_K & (rng.random((n, num_knobs)) < 0.5) & (near_NK >= 0) & (near_NK < 1)
    fresh_NK = _another(u_NK, sizes_K, rng)
    return codes_from_unit(knobs, np.where(change_NK, np.where(local_NK, near_NK, fresh_NK), u_NK))


def cross_over(knobs: tuple[Knob, ...], a_NK: Floats, b_NK: Floats, *, rng: np.random.Generator) -> Floats:
    """One child per pair of rows: each knob from either parent, from the active one where the other's is inactive."""
    from_a_NK = (rng.random(a_NK.shape) < 0.5) | np.isnan(b_NK)
    child_NK = np.where(from_a_NK & ~np.isnan(a_NK), to_unit(knobs, a_NK), to_unit(knobs, b_NK))
    return codes_from_unit(knobs, _filled(child_NK, rng))


def _filled(u_NK: Floats, rng: np.random.Generator) -> Floats:
    """Random values for inactive knobs, in case that the change of another makes them active."""
    return np.where(np.isnan(u_NK), rng.random(u_NK.shape), u_NK)


def _another(u_NK: Floats, sizes_K: Floats, rng: np.random.Generator) -> Floats:
    """Random positions; a discrete knob always gets another value than it has."""
    random_NK = rng.random(u_NK.shape)
    with np.errstate(invalid="ignore"):
        shift_NK = 1 + np.floor(random_NK * (sizes_K - 1))
        other_NK = (np.floor(u_NK * sizes_K) + shift_NK) % sizes_K
        return np.where(np.isinf(sizes_K), random_NK, (other_NK + 0.5) / sizes_K)


def _one_of(mask_NK: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.int64]:
    """One true column per row at random; column 0 where there is none."""
    columns_N: NDArray[np.int64] = np.argmax(np.where(mask_NK, rng.random(mask_NK.shape), -1.0), axis=1)
    return columns_N

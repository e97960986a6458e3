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
_STEPS = np.array([0.003, 0.01, 0.03, 0.1, 0.3])
"""Lengths of the local steps of `neighbours`, each up and down, before they are stretched or shrunk at random."""
_STEP_SPREAD = 0.5
"""Largest logarithm of that stretch: nearly to the next length."""
_FEW_VALUES = 12
"""An ordered knob of so many values has all of them among its neighbours."""


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


def neighbours(knobs: tuple[Knob, ...], codes_K: Floats, *, most: int, rng: np.random.Generator) -> Floats:
    """Candidates that differ from one in a single knob (and in those that the change makes active), each in one row.

    A knob of few values takes each of the others; one of many or of all numbers takes local steps of several lengths.

    Args:
        knobs: K knobs.
        codes_K: The candidate.
        most: Rows at most; where there are more, random ones of them.
        rng: Source of the steps, of newly active knobs and of what is left out.
    """
    unit_K = to_unit(knobs, codes_K[None])[0]
    places, values = [], []
    for k, knob in enumerate(knobs):
        if not np.isnan(codes_K[k]):
            units = _other_units(knob, float(unit_K[k]), rng)
            places += [k] * len(units)
            values += units
    u_NK = _filled(np.repeat(unit_K[None], len(places), axis=0), rng)
    u_NK[np.arange(len(places)), places] = values
    if len(u_NK) > most:
        u_NK = u_NK[np.sort(rng.permutation(len(u_NK))[:most])]
    return codes_from_unit(knobs, u_NK)


def _other_units(knob: Knob, unit: float, rng: np.random.Generator) -> list[float]:
    """Positions of the other values that a knob may take in a neighbour."""
    size = knob.domain.size
    if size is not None and (size <= _FEW_VALUES or not knob.domain.ordered):
        return [(code + 0.5) / size for code in range(size) if code != int(unit * size)]
    near_S = unit + np.concatenate([-_STEPS, _STEPS]) * np.exp(
        rng.uniform(-_STEP_SPREAD, _STEP_SPREAD, 2 * len(_STEPS))
    )
    if size is None:
        return [float(u) for u in near_S if 0 <= u < 1]
    here = int(unit * size)
    codes_S = np.unique([*np.floor(near_S * size), here - 1, here + 1])
    return [(float(code) + 0.5) / size for code in codes_S if 0 <= code < size and code != here]


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

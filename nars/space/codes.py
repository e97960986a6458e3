"""Candidates as rows of numbers: codes, and points of the unit cube.

Shapes: N candidates, K knobs.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nars.space.assembly import setting
from nars.space.candidate import Candidate
from nars.space.domains import Domain, FloatRange, Value
from nars.space.knobs import Condition, Knob

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def codes_from_unit(knobs: tuple[Knob, ...], u_NK: Floats) -> Floats:
    """Codes at points of the unit cube: each domain's values get equal shares; inactive knobs become NaN."""
    codes_NK = np.empty(u_NK.shape, dtype=np.float64)
    for k, knob in enumerate(knobs):
        if isinstance(knob.domain, FloatRange):
            codes_NK[:, k] = knob.domain.to_units(knob.domain.from_units(u_NK[:, k]))
        else:
            codes_NK[:, k] = np.minimum(np.floor(u_NK[:, k] * knob.domain.size), knob.domain.size - 1)
    codes_NK[~active(knobs, codes_NK)] = np.nan
    return codes_NK


def to_unit(knobs: tuple[Knob, ...], codes_NK: Floats) -> Floats:
    """Points of the unit cube that ``codes_from_unit`` takes back to these codes; NaN stays NaN."""
    u_NK = np.empty(codes_NK.shape, dtype=np.float64)
    for k, knob in enumerate(knobs):
        size = knob.domain.size
        u_NK[:, k] = codes_NK[:, k] if size is None else (codes_NK[:, k] + 0.5) / size
    return u_NK


def active(knobs: tuple[Knob, ...], codes_NK: Floats) -> Bools:
    """Where each knob's conditions hold; a knob stands after those that its conditions name."""
    position = {knob.path: k for k, knob in enumerate(knobs)}
    active_NK = np.ones(codes_NK.shape, dtype=np.bool_)
    for k, knob in enumerate(knobs):
        for condition in knob.conditions:
            parent = position[condition.path]
            active_NK[:, k] &= _holds(knobs[parent], condition, codes_NK[:, parent], active_NK[:, parent])
    return active_NK


def codes_of(knobs: tuple[Knob, ...], candidates: Sequence[Candidate]) -> Floats:
    """Codes of candidates; NaN where a knob is inactive.

    Raises:
        ValueError: If a candidate is outside a knob's domain, naming the knob.
    """
    codes_NK = np.empty((len(candidates), len(knobs)))
    for k, knob in enumerate(knobs):
        codes_NK[:, k] = _codes(knob.domain, [setting(candidate, knob.path) for candidate in candidates])
    active_NK = active(knobs, codes_NK)
    for row, k in np.argwhere(active_NK & np.isnan(codes_NK)):
        try:
            knobs[k].domain.code(setting(candidates[row], knobs[k].path))
        except ValueError as error:
            raise ValueError(f"{knobs[k].path} {error}") from error
    return np.where(active_NK, codes_NK, np.nan)


def code_or_none(domain: Domain, value: Value) -> float | None:
    """The code of a value, none when the value is not in the domain."""
    try:
        return domain.code(value)
    except ValueError:
        return None


def _codes(domain: Domain, values: Sequence[Value]) -> Floats:
    """Codes of values, NaN for those that are not in the domain."""
    if isinstance(domain, FloatRange):
        return domain.to_units(np.array([value if domain.holds(value) else np.nan for value in values], dtype=float))
    different = {(type(value), value): value for value in values}  # few; 1 is not True
    known = {key: code_or_none(domain, value) for key, value in different.items()}
    return np.array([known[type(value), value] for value in values], dtype=float)


def _holds(parent: Knob, condition: Condition, codes_N: Floats, active_N: Bools) -> Bools:
    allowed = [code_or_none(parent.domain, value) for value in condition.values]
    holds_N = np.isin(codes_N, [code for code in allowed if code is not None])
    return np.where(active_N, holds_N, parent.otherwise in condition.values)

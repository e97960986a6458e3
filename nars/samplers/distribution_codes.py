"""Optuna's distributions in the words of a space: the domain that their codes live in, values to codes and back.

Shapes: N values.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from nars.space.domains import Choice, Domain, FloatRange, IntRange

Floats = NDArray[np.float64]


def domain_of(distribution: BaseDistribution) -> Domain:
    """Where the codes of a distribution's values live; discrete ones count from 0.

    Raises:
        TypeError: If the distribution is none of Optuna's categorical, int and float ones.
    """
    match distribution:
        case CategoricalDistribution():
            indices = range(len(distribution.choices))
            if _is_ordered(distribution):
                return Choice(tuple(indices))
            return Choice(tuple(f"{index} {distribution.choices[index]!r}" for index in indices))
        case FloatDistribution() | IntDistribution() if distribution.single():
            return Choice((0,))
        case IntDistribution(log=False):
            return IntRange(0, (distribution.high - distribution.low) // distribution.step)
        case FloatDistribution(step=float(step)):
            return IntRange(0, round((distribution.high - distribution.low) / step))
        case FloatDistribution() | IntDistribution():
            return FloatRange(0.0, 1.0)
    raise TypeError(f"distribution must be categorical, int or float, got {distribution!r}")


def codes_of(distribution: BaseDistribution, values: Sequence[object]) -> Floats:
    """The codes of values, ``N``: the nearest one where the range has changed since, NaN where choices have."""
    if isinstance(distribution, CategoricalDistribution):
        return _codes_of_choices(distribution, values)
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    number_N = np.array([_number(value) for value in values], dtype=np.float64)
    inside_N = np.clip(number_N, distribution.low, distribution.high)
    if distribution.single():
        return np.where(np.isnan(number_N), np.nan, 0.0)
    if not _is_continuous(distribution):
        codes_N: Floats = np.rint((inside_N - distribution.low) / (distribution.step or 1))
        return codes_N
    low, high = (np.log(end) if distribution.log else end / 2 for end in (distribution.low, distribution.high))
    scaled_N = np.log(inside_N) if distribution.log else inside_N / 2  # half, or the widest ranges would overflow
    units_N: Floats = np.clip((scaled_N - low) / (high - low), 0.0, 1.0)
    return units_N


def value_of(distribution: BaseDistribution, code: float) -> object:
    """The value of a code, as Optuna's suggest methods give it."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[_order(distribution)[int(code)]]
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    if distribution.single():
        return distribution.low
    if _is_continuous(distribution):
        number = float(_continuous_values(distribution, np.array([code]))[0])
        return round(number) if isinstance(distribution, IntDistribution) else number
    return min(distribution.low + int(code) * (distribution.step or 1), distribution.high)


def canonical_codes(distribution: BaseDistribution, codes_N: Floats) -> Floats:
    """Codes of the values that are suggested for these codes: integers on a log scale are rounded."""
    if isinstance(distribution, CategoricalDistribution) or not _is_continuous(distribution):
        return codes_N
    return codes_of(distribution, list(_continuous_values(distribution, codes_N)))


def _is_continuous(distribution: BaseDistribution) -> bool:
    """Whether codes are positions in [0, 1] rather than numbers of values; so they are for integers on a log scale."""
    if isinstance(distribution, FloatDistribution):
        return distribution.step is None and not distribution.single()
    return isinstance(distribution, IntDistribution) and distribution.log and not distribution.single()


def _continuous_values(distribution: BaseDistribution, codes_N: Floats) -> Floats:
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    low, high = float(distribution.low), float(distribution.high)
    if distribution.log:
        values_N = np.exp((1 - codes_N) * np.log(low) + codes_N * np.log(high))
    else:
        values_N = (1 - codes_N) * low + codes_N * high
    rounded_N = np.rint(values_N) if isinstance(distribution, IntDistribution) else values_N
    inside_N: Floats = np.clip(rounded_N, low, high)
    return inside_N


def _number(value: object) -> float:
    """A value as a number; NaN for one of an earlier distribution that had none."""
    return float(value) if isinstance(value, int | float) else np.nan


def _codes_of_choices(distribution: CategoricalDistribution, values: Sequence[object]) -> Floats:
    code_of_index = {index: float(code) for code, index in enumerate(_order(distribution))}
    known: dict[tuple[type, object], float] = {}
    codes = []
    for value in values:
        key = (type(value), value)
        try:
            code = known.get(key)
        except TypeError:  # a list, which Optuna lets through with a warning
            key, code = (type(value), repr(value)), known.get((type(value), repr(value)))
        if code is None:
            try:
                code = code_of_index[int(distribution.to_internal_repr(value))]  # type: ignore[arg-type]
            except ValueError:
                code = np.nan
            known[key] = code
        codes.append(code)
    return np.array(codes, dtype=np.float64)


def _is_ordered(distribution: CategoricalDistribution) -> bool:
    """Whether choices are amounts: numbers, but not 0, 1, 2... or 1, 2, 3..., which are names as often as not."""
    numbers = [c for c in distribution.choices if isinstance(c, int | float) and not isinstance(c, bool)]
    if len(numbers) != len(distribution.choices) or len(set(numbers)) != len(numbers) or not np.isfinite(numbers).all():
        return False
    lowest = min(numbers)
    return not (lowest in (0, 1) and sorted(numbers) == [lowest + step for step in range(len(numbers))])


def _order(distribution: CategoricalDistribution) -> list[int]:
    """Indices of choices by code."""
    indices = list(range(len(distribution.choices)))
    return sorted(indices, key=lambda i: float(str(distribution.choices[i]))) if _is_ordered(distribution) else indices

"""The space that a define-by-run objective has shown so far: its knobs, and which of them depend on which.

Shapes: N trials, K knobs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial

from nars.space.domains import Choice, Domain, FloatRange, IntRange
from nars.space.knobs import Condition, Knob

Floats = NDArray[np.float64]

_MOST_PARENT_VALUES = 64
"""A knob of more values is not looked at as the cause of another's presence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ObservedSpace:
    """Knobs in an order in which each stands after those that its presence depends on."""

    knobs: tuple[Knob, ...]
    distributions: tuple[BaseDistribution, ...]

    def codes(self, trials: Sequence[FrozenTrial]) -> Floats:
        """Codes of trials, ``N x K``; NaN where a trial has no such knob, or one with other choices."""
        codes_NK = np.full((len(trials), len(self.knobs)), np.nan)
        for n, trial in enumerate(trials):
            for k, (knob, distribution) in enumerate(zip(self.knobs, self.distributions, strict=True)):
                if knob.path in trial.params:
                    codes_NK[n, k] = _code(knob.domain, distribution, trial.params[knob.path])
        return codes_NK

    def canonical(self, codes_NK: Floats) -> Floats:
        """Codes of the values that are suggested for these codes: integers on a log scale are rounded."""
        canonical_NK = codes_NK.copy()
        for k, (knob, distribution) in enumerate(zip(self.knobs, self.distributions, strict=True)):
            if isinstance(distribution, IntDistribution) and isinstance(knob.domain, FloatRange):
                values_N = np.rint(knob.domain.from_units(codes_NK[:, k]))
                canonical_NK[:, k] = knob.domain.to_units(values_N)
        return canonical_NK

    def params(self, codes_K: Floats) -> dict[str, object]:
        """What is suggested for a row of codes, inactive knobs left out."""
        return {
            knob.path: _value(knob.domain, distribution, float(code))
            for knob, distribution, code in zip(self.knobs, self.distributions, codes_K, strict=True)
            if not np.isnan(code)
        }


def observed_space(trials: Sequence[FrozenTrial]) -> ObservedSpace:
    """The knobs of all trials, each with its latest distribution.

    A knob that not every trial has is active where another knob's values are those that it was seen with. Where several
    could be the cause, it is the one of the fewest values; where none can be, the knob counts as always active.
    """
    distributions: dict[str, BaseDistribution] = {}
    counts: dict[str, int] = {}
    for trial in trials:
        for name, distribution in trial.distributions.items():
            distributions[name] = distribution
            counts[name] = counts.get(name, 0) + 1
    names = sorted(distributions, key=lambda name: -counts[name])  # stable: first seen, first
    knobs: list[Knob] = []
    for name in names:
        domain = _domain(distributions[name])
        condition = None if counts[name] == len(trials) else _cause(name, trials, knobs, distributions)
        knobs.append(Knob(path=name, domain=domain, conditions=() if condition is None else (condition,)))
    return ObservedSpace(knobs=tuple(knobs), distributions=tuple(distributions[name] for name in names))


def _cause(
    name: str, trials: Sequence[FrozenTrial], before: Sequence[Knob], distributions: dict[str, BaseDistribution]
) -> Condition | None:
    """The condition that tells in which trials a knob is."""
    found: list[tuple[int, Condition]] = []
    for parent in before:
        size = parent.domain.size
        if size is None or not 1 < size <= _MOST_PARENT_VALUES:
            continue
        distribution = distributions[parent.path]
        with_it, without_it = set[float](), set[float]()
        for trial in trials:
            if parent.path in trial.params:
                code = _code(parent.domain, distribution, trial.params[parent.path])
                (with_it if name in trial.params else without_it).add(code)
        orphaned = any(name in trial.params and parent.path not in trial.params for trial in trials)
        if with_it and without_it and not with_it & without_it and not orphaned:
            active = [code for code in range(size) if _is_nearer(code, with_it, without_it, parent.domain)]
            values = tuple(parent.domain.value(code) for code in active)
            found.append((size, Condition(path=parent.path, values=values)))
    return min(found, key=lambda sized: sized[0])[1] if found else None


def _is_nearer(code: int, with_it: set[float], without_it: set[float], domain: Domain) -> bool:
    """Whether a value goes with those that have the knob; one not yet seen does as the nearest, else has it."""
    if code in with_it or code in without_it:
        return code in with_it
    if not domain.ordered:
        return True
    return min(abs(code - other) for other in with_it) <= min(abs(code - other) for other in without_it)


def _domain(distribution: BaseDistribution) -> Domain:
    """Where the codes of a distribution's values live; discrete ones count from 0."""
    match distribution:
        case CategoricalDistribution():
            indices = range(len(distribution.choices))
            return Choice(tuple(indices) if _is_ordered(distribution) else tuple(str(index) for index in indices))
        case FloatDistribution() | IntDistribution() if distribution.single():
            return Choice((0,))
        case IntDistribution(log=True):
            return FloatRange(float(distribution.low), float(distribution.high), log=True)
        case IntDistribution():
            return IntRange(0, (distribution.high - distribution.low) // distribution.step)
        case FloatDistribution(step=float(step)):
            return IntRange(0, round((distribution.high - distribution.low) / step))
        case FloatDistribution():
            return FloatRange(distribution.low, distribution.high, log=distribution.log)
    raise TypeError(f"distribution must be categorical, int or float, got {distribution!r}")


def _is_ordered(distribution: CategoricalDistribution) -> bool:
    """Whether choices are amounts: numbers, but not 0, 1, 2... or 1, 2, 3..., which are names as often as not."""
    numbers = [c for c in distribution.choices if isinstance(c, int | float) and not isinstance(c, bool)]
    if len(numbers) != len(distribution.choices) or len(set(numbers)) != len(numbers):
        return False
    lowest = min(numbers)
    return not (lowest in (0, 1) and sorted(numbers) == [lowest + step for step in range(len(numbers))])


def _order(distribution: CategoricalDistribution) -> list[int]:
    """Indices of choices by code."""
    indices = list(range(len(distribution.choices)))
    return sorted(indices, key=lambda i: float(str(distribution.choices[i]))) if _is_ordered(distribution) else indices


def _code(domain: Domain, distribution: BaseDistribution, value: object) -> float:
    """The code of a value; the nearest one where the range has changed since, NaN where choices have."""
    if isinstance(distribution, CategoricalDistribution):
        try:
            return float(_order(distribution).index(int(distribution.to_internal_repr(value))))  # type: ignore[arg-type]
        except ValueError:
            return np.nan
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    number = min(max(float(str(value)), distribution.low), distribution.high)
    if isinstance(domain, FloatRange):
        return domain.code(number)
    return 0.0 if domain.size == 1 else float(round((number - distribution.low) / (distribution.step or 1)))


def _value(domain: Domain, distribution: BaseDistribution, code: float) -> object:
    """The value of a code, as Optuna's suggest methods give it."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[_order(distribution)[int(code)]]
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    if isinstance(domain, FloatRange):
        number = domain.value(code)
        return round(number) if isinstance(distribution, IntDistribution) else number
    number = distribution.low + int(code) * (distribution.step or 1)
    return min(int(number) if isinstance(distribution, IntDistribution) else float(number), distribution.high)

"""The space that a define-by-run objective has shown so far: its knobs, and which of them depend on which.

Shapes: N trials, K knobs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from nars.samplers.distribution_codes import canonical_codes, codes_of, domain_of, value_of
from nars.space.domains import Domain
from nars.space.knobs import Condition, Knob

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_MOST_PARENT_VALUES = 64
"""A knob of more values is not looked at as the cause of another's presence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ObservedSpace:
    """What some trials show of a space."""

    knobs: tuple[Knob, ...]
    """In an order in which each stands after those that its presence depends on."""
    distributions: tuple[BaseDistribution, ...]
    codes_NK: Floats
    """Codes of the trials; NaN where one has no such knob, or one with other choices."""

    def canonical(self, codes_NK: Floats) -> Floats:
        """Codes of the values that are suggested for these codes: integers on a log scale are rounded."""
        columns = [canonical_codes(d, codes_N) for d, codes_N in zip(self.distributions, codes_NK.T, strict=True)]
        return np.stack(columns, axis=1) if columns else codes_NK

    def params(self, codes_K: Floats) -> dict[str, object]:
        """What is suggested for a row of codes, inactive knobs left out."""
        return {
            knob.path: value_of(distribution, float(code))
            for knob, distribution, code in zip(self.knobs, self.distributions, codes_K, strict=True)
            if not np.isnan(code)
        }


def latest_distributions(trials: Sequence[FrozenTrial]) -> dict[str, BaseDistribution]:
    """The latest distribution of every parameter, those seen first before the others."""
    distributions: dict[str, BaseDistribution] = {}
    for trial in trials:
        distributions.update(trial.distributions)
    return distributions


def observed_space(trials: Sequence[FrozenTrial]) -> ObservedSpace:
    """The knobs of all trials, each with its latest distribution.

    A knob that not every trial has is active where another knob's values are those that it was seen with. Where several
    could be the cause, it is the one of the fewest values; where none can be, the knob counts as always active. Only
    completed trials tell, as others may have ended before they came to the knob; all do where no completed one has it.
    """
    distributions = latest_distributions(trials)
    complete_N = np.array([trial.state is TrialState.COMPLETE for trial in trials], dtype=np.bool_)
    seen = {name: _Seen.of(name, distribution, trials) for name, distribution in distributions.items()}
    counts = {name: (np.count_nonzero(s.has_N & complete_N), np.count_nonzero(s.has_N)) for name, s in seen.items()}
    names = sorted(distributions, key=lambda name: counts[name], reverse=True)  # stable: first seen, first
    knobs: list[Knob] = []
    for name in names:
        tells_N = complete_N if counts[name][0] else np.ones_like(complete_N)
        condition = None if seen[name].has_N[tells_N].all() else _cause(seen[name], tells_N, knobs, seen)
        conditions = () if condition is None else (condition,)
        knobs.append(Knob(path=name, domain=seen[name].domain, conditions=conditions))
    return ObservedSpace(
        knobs=tuple(knobs),
        distributions=tuple(distributions[name] for name in names),
        codes_NK=np.array([seen[name].codes_N for name in names]).reshape(len(names), len(trials)).T,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seen:
    """One parameter in all trials."""

    domain: Domain
    codes_N: Floats
    has_N: Bools

    @classmethod
    def of(cls, name: str, distribution: BaseDistribution, trials: Sequence[FrozenTrial]) -> "_Seen":
        has_N = np.array([name in trial.params for trial in trials], dtype=np.bool_)
        codes_N = np.full(len(trials), np.nan)
        codes_N[has_N] = codes_of(distribution, [trial.params[name] for trial in trials if name in trial.params])
        return cls(domain=domain_of(distribution), codes_N=codes_N, has_N=has_N)


def _cause(child: _Seen, tells_N: Bools, before: Sequence[Knob], seen: dict[str, _Seen]) -> Condition | None:
    """The condition that tells in which trials a knob is."""
    found: list[tuple[int, Condition]] = []
    has_N = child.has_N[tells_N]
    for parent in before:
        size = parent.domain.size
        if size is None or not 1 < size <= _MOST_PARENT_VALUES:
            continue
        if (has_N & ~seen[parent.path].has_N[tells_N]).any():
            continue
        codes_N = seen[parent.path].codes_N[tells_N]
        with_V, without_V = _values_seen(codes_N[has_N], size), _values_seen(codes_N[~has_N], size)
        if with_V.any() and without_V.any() and not (with_V & without_V).any():
            active = [code for code in range(size) if _is_nearer(code, with_V, without_V, parent.domain)]
            values = tuple(parent.domain.value(code) for code in active)
            found.append((size, Condition(path=parent.path, values=values)))
    return min(found, key=lambda sized: sized[0])[1] if found else None


def _values_seen(codes_N: Floats, size: int) -> Bools:
    """Which of a knob's values occur."""
    return np.bincount(codes_N[~np.isnan(codes_N)].astype(np.intp), minlength=size) > 0


def _is_nearer(code: int, with_V: Bools, without_V: Bools, domain: Domain) -> bool:
    """Whether a value goes with those that have the knob; one not yet seen does as the nearest, else has it."""
    if with_V[code] or without_V[code]:
        return bool(with_V[code])
    if not domain.ordered:
        return True
    distance_V = np.abs(np.arange(len(with_V)) - code)
    return bool(distance_V[with_V].min() <= distance_V[without_V].min())

"""The search space in Optuna's words: a domain becomes a distribution, a bound becomes a violation."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from nars.errors import CostError
from nars.space.constraint import Constraint
from nars.space.domains import Choice, Domain, FloatRange, IntRange, Value
from nars.space.knobs import Knob
from nars.trials import Cost


def distribution(domain: Domain) -> BaseDistribution:
    """Optuna's distribution over the same values."""
    match domain:
        case Choice():
            return CategoricalDistribution([param(value) for value in domain.values])
        case IntRange():
            return IntDistribution(domain.low, domain.high, step=domain.step)
        case FloatRange():
            return FloatDistribution(domain.low, domain.high, log=domain.log)


def param(value: Value) -> bool | int | float | str | None:
    """A value as Optuna keeps it, which has no lists: those become their JSON text."""
    return json.dumps(value) if isinstance(value, tuple) else value


def values_of_params(knobs: Sequence[Knob], params: Mapping[str, Any]) -> dict[str, Value]:
    """The values that params stand for, by path; a param that is no knob's stays as it is."""
    if not any(isinstance(value, str) and value.startswith("[") for value in params.values()):
        return dict(params)  # as nearly always, and a fifth of the time of reading a trial
    lists = {knob.path: _lists(knob.domain) for knob in knobs}
    return {path: lists.get(path, {}).get(value, value) for path, value in params.items()}


def _lists(domain: Domain) -> dict[object, Value]:
    values = domain.values if isinstance(domain, Choice) else ()
    return {param(value): value for value in values if isinstance(value, tuple)}


def violations(constraints: Sequence[Constraint], cost: Cost) -> dict[str, float]:
    """How far a cost is outside each bound, as Optuna wants it: at most 0 where the bound is met.

    A violation is relative to its bound, because Optuna's samplers add them up across costs of different units.

    Args:
        constraints: Bounds of the search space.
        cost: What the candidate needs.

    Returns:
        One entry per bound, named ``macs_max``, ``macs_min``, ...

    Raises:
        CostError: If a bounded cost is not known (a latency without a table).
    """
    result: dict[str, float] = {}
    for constraint in constraints:
        value = getattr(cost, constraint.cost)
        if value is None:
            raise CostError(f"constraint on {constraint.cost} needs its value, but it is not known")
        if constraint.maximum is not None:
            result[f"{constraint.cost}_max"] = value / constraint.maximum - 1
        if constraint.minimum:  # a minimum of 0 bounds nothing
            result[f"{constraint.cost}_min"] = 1 - value / constraint.minimum
    return result

"""How many candidates a space holds, exactly."""

import math
from dataclasses import dataclass
from itertools import product

from nars.space.domains import FloatRange, Value
from nars.space.knobs import Knob


@dataclass(frozen=True, kw_only=True, slots=True)
class SpaceSize:
    """Exact counts of different settings; continuous knobs are counted apart, since they have no number."""

    architectures: int
    recipes: int
    """Settings of the recipe's discrete knobs."""
    continuous: int
    """Number of continuous knobs."""

    @property
    def candidates(self) -> int | None:
        """Number of candidates; none when a continuous knob makes them uncountable."""
        return None if self.continuous else self.architectures * self.recipes


def space_size(knobs: tuple[Knob, ...]) -> SpaceSize:
    """Counts different candidates: settings of inactive knobs are not told apart.

    The knobs that some condition names are enumerated, group by group; all others multiply. A condition never ties
    the architecture to the recipe (the loader refuses that), so the two counts are independent.
    """
    groups = _groups(knobs)
    counts = {part: math.prod(_count(g) for g in groups if g[0].is_architecture is part) for part in (True, False)}
    continuous = sum(isinstance(knob.domain, FloatRange) for knob in knobs)
    return SpaceSize(architectures=counts[True], recipes=counts[False], continuous=continuous)


def _groups(knobs: tuple[Knob, ...]) -> list[list[Knob]]:
    """Knobs that conditions tie together, in groups; order within a group is kept."""
    groups: list[list[Knob]] = []
    for knob in knobs:
        paths = {condition.path for condition in knob.conditions}
        tied = [group for group in groups if paths & {member.path for member in group}]
        groups = [group for group in groups if group not in tied]
        groups.append([*(member for group in tied for member in group), knob])
    return groups


def _count(group: list[Knob]) -> int:
    named = {condition.path for knob in group for condition in knob.conditions}
    parents = [knob for knob in group if knob.path in named]
    children = [knob for knob in group if knob.path not in named]
    total = 0
    for chosen in product(*(_values(knob) for knob in parents)):
        values: dict[str, Value] = {}
        is_canonical = True
        for knob, value in zip(parents, chosen, strict=True):
            if _is_active(knob, values):
                values[knob.path] = value
            else:
                values[knob.path] = knob.otherwise
                # An inactive parent counts once, under its first value.
                is_canonical &= value == _values(knob)[0]
        if is_canonical:
            total += math.prod(len(_values(child)) for child in children if _is_active(child, values))
    return total


def _values(knob: Knob) -> list[Value]:
    return [0.0] if isinstance(knob.domain, FloatRange) else list(knob.domain.values)


def _is_active(knob: Knob, values: dict[str, Value]) -> bool:
    return all(values[condition.path] in condition.values for condition in knob.conditions)

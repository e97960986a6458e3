"""Dataclasses as plain mappings: ``dataclasses.asdict`` without its copies, which cost ten times the rest."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache

_LEAVES = frozenset({bool, int, float, str, type(None)})
"""Types of most of what is met, which needs no look inside."""
_NOTHING: Mapping[str, object] = {}


def plain(value: object, without: Mapping[str, object] = _NOTHING) -> object:
    """A frozen dataclass as a mapping, tuples of them as tuples of mappings, anything else as it is.

    Args:
        value: What to convert.
        without: Fields that are left out where their plain value is this one, by name.
    """
    names = _names(type(value))  # type: ignore[arg-type]  # a type is hashable, though object.__hash__ says otherwise
    if names is not None:
        found: dict[str, object] = {}
        for name in names:
            inner = getattr(value, name)
            if type(inner) not in _LEAVES:
                inner = plain(inner, without)
            if name not in without or inner != without[name]:
                found[name] = inner
        return found
    if isinstance(value, tuple):
        return tuple(one if type(one) in _LEAVES else plain(one, without) for one in value)
    return value


@cache
def _names(kind: type) -> tuple[str, ...] | None:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else None

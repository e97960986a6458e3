"""Dataclasses as plain mappings: ``dataclasses.asdict`` without its copies, which cost five times the rest."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache

Kept = Callable[[str, object], bool]


def plain(value: object, kept: Kept | None = None) -> object:
    """A frozen dataclass as a mapping, tuples of them as tuples of mappings, anything else as it is.

    Args:
        value: What to convert.
        kept: Tells from a name and its plain value whether it comes into its mapping; all do by default.
    """
    names = _names(type(value))  # type: ignore[arg-type]  # a type is hashable, though object.__hash__ says otherwise
    if names is not None:
        pairs = [(name, plain(getattr(value, name), kept)) for name in names]
        return {name: found for name, found in pairs if kept is None or kept(name, found)}
    if isinstance(value, tuple):
        return tuple(plain(one, kept) for one in value)
    return value


@cache
def _names(kind: type) -> tuple[str, ...] | None:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else None

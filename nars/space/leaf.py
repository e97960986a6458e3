"""One setting of a space file: a fixed value, or a domain with the condition under which it is searched.

The forms: ``24`` · ``{choice: [3, 5]}`` · ``{low: 8, high: 32, step: 8}`` · ``{low: 1e-3, high: 1, log: true}``, the
last three also with ``when: {other: value}`` and ``otherwise: value``. The values of a setting that is a list of
numbers are lists: ``[32, 64]`` · ``{choice: [[32, 64], [64, 128]]}``.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ConfigDict, TypeAdapter, ValidationError

from nars.space.assembly import Tree
from nars.space.domains import Choice, Domain, FloatRange, IntRange, Value
from nars.space.problems import problem, unknown

_PART = re.compile(r"\.(low|high|step|log|otherwise|choice\[\d+\])$")
"""What stands below a setting's own name in a path."""
_KEYS = ("choice", "low", "high", "step", "log", "when", "otherwise")


class LeafProblemError(Exception):
    """A setting breaks a rule; carries the finished lines."""

    def __init__(self, *lines: str) -> None:
        self.lines = lines
        super().__init__("\n".join(lines))


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf:
    """What a file says of one setting."""

    domain: Domain | None
    """None when the setting is fixed."""
    value: Value = None
    """The fixed value, or what holds while the knob is inactive."""
    has_otherwise: bool = False
    when: dict[str, list[Value]] = field(default_factory=dict)
    """Names as written, and the values under which the knob is active."""


def separate_values(leaf: Leaf | None) -> list[Value]:
    """All values that a setting may take; none of a continuous one, or of one that is not there."""
    if leaf is None:
        return []
    if isinstance(leaf.domain, Choice | IntRange):
        return list(leaf.domain.values)
    return [] if leaf.domain is not None else [leaf.value]


def read_leaf(tree: Tree, hint: Any, path: str) -> Leaf:
    """Reads one setting whose values must fit a type.

    Args:
        tree: What the file holds.
        hint: The setting's annotated type.
        path: Where it stands, for messages.

    Raises:
        LeafProblemError: With every problem found.
    """
    if isinstance(tree, list) and _kind(hint) is not tuple:
        raise LeafProblemError(problem("must be one value or {choice: [...]}", tree, path))
    if not isinstance(tree, dict):
        return Leaf(domain=None, value=_checked(tree, hint, path))
    for key in tree:
        if key not in _KEYS:
            raise LeafProblemError(unknown("key", key, _KEYS, f"{path}.{key}"))
    domain = _domain(tree, hint, path)
    has_otherwise = "otherwise" in tree
    otherwise = _checked(tree["otherwise"], hint, f"{path}.otherwise") if has_otherwise else None
    return Leaf(domain=domain, value=otherwise, has_otherwise=has_otherwise, when=_when(tree, path))


def _domain(tree: dict[str, Tree], hint: Any, path: str) -> Domain:
    has_choice, has_range = "choice" in tree, bool({"low", "high", "step", "log"} & set(tree))
    if has_choice == has_range:
        raise LeafProblemError(problem("must have either choice or low and high", tree, path))
    try:
        return _choice(tree["choice"], hint, path) if has_choice else _range(tree, hint, path)
    except ValueError as error:
        raise LeafProblemError(problem(str(error), tree, path)) from error


def _choice(values: Tree, hint: Any, path: str) -> Choice:
    if not isinstance(values, list):
        raise LeafProblemError(problem("choice must be a list", values, f"{path}.choice"))
    return Choice(tuple(_all_checked([(v, f"{path}.choice[{i}]") for i, v in enumerate(values)], hint)))


def _range(tree: dict[str, Tree], hint: Any, path: str) -> Domain:
    kind = _kind(hint)
    if kind not in (int, float):
        raise LeafProblemError(problem("a range needs a numeric setting; use choice", tree, path))
    missing = [f"{key} is required @ {path}" for key in ("low", "high") if key not in tree]
    if missing:
        raise LeafProblemError(*missing)
    log = _checked(tree.get("log", False), bool, f"{path}.log")
    number = int if kind is int else float
    ends = _all_checked([(tree[key], f"{path}.{key}") for key in ("low", "high")], number)
    low, high = (value for value in ends if isinstance(value, int | float))
    step = _checked(tree["step"], number, f"{path}.step") if "step" in tree else None
    if kind is float and step is None:
        _all_checked([(low, f"{path}.low"), (high, f"{path}.high")], hint)
        return FloatRange(low, high, bool(log))
    if log:
        raise LeafProblemError(problem("log needs a float range without a step", tree["log"], f"{path}.log"))
    if kind is int:
        domain = IntRange(int(low), int(high), 1 if step is None else int(str(step)))
        for value in (domain.values[0], domain.values[-1]) if domain.size > 1000 else domain.values:
            _checked(value, hint, path)
        return domain
    assert isinstance(step, float)
    return _stepped(low, high, step, hint, path)


def _stepped(low: float, high: float, step: float, hint: Any, path: str) -> Choice:
    """A float range with a step, as the choice of its values."""
    if step <= 0:
        raise ValueError(f"step must be > 0, got {step:g}")
    if low > high:
        raise ValueError(f"low must be <= high, got low={low:g}, high={high:g}")
    count = round((high - low) / step)
    if abs(low + count * step - high) > 1e-9 * max(abs(high), 1.0):
        raise ValueError(f"high={high:g} is not reachable from low={low:g} in steps of {step:g}")
    values = [float(f"{low + i * step:.6g}") for i in range(count + 1)]
    return Choice(tuple(_all_checked([(value, path) for value in values], hint)))


def _when(tree: dict[str, Tree], path: str) -> dict[str, list[Value]]:
    when = tree.get("when", {})
    if not isinstance(when, dict) or ("when" in tree and not when):
        raise LeafProblemError(
            problem("when must name a knob and its value, as {optimizer: sgd}", when, f"{path}.when")
        )
    found: dict[str, list[Value]] = {}
    for name, values in when.items():
        listed = values if isinstance(values, list) else [values]
        if not listed or any(isinstance(value, dict | list) for value in listed):
            raise LeafProblemError(problem("must be a value or a list of values", values, f"{path}.when.{name}"))
        found[name] = [value for value in listed if not isinstance(value, dict | list)]
    return found


def _checked(value: Tree, hint: Any, path: str) -> Value:
    (checked,) = _all_checked([(value, path)], hint)
    return checked


def _all_checked(values: list[tuple[Tree, str]], hint: Any) -> list[Value]:
    """The values as their type has them; every problem at once."""
    checked: list[Value] = []
    lines: list[str] = []
    for value, path in values:
        try:
            checked.append(_adapter(hint).validate_python(tuple(value) if isinstance(value, list) else value))
        except ValidationError as error:
            rule = error.errors(include_url=False)[0]["msg"]
            name = _PART.sub("", path).rsplit(".", maxsplit=1)[-1]
            lines.append(problem(f"{name} {_as_rule(rule)}", value, path))
    if lines:
        raise LeafProblemError(*lines)
    return checked


def _as_rule(message: str) -> str:
    """``must be > 0`` for pydantic's ``Input should be greater than 0``."""
    for long, short in (
        ("Input should be", "must be"),
        ("greater than or equal to", ">="),
        ("less than or equal to", "<="),
        ("greater than", ">"),
        ("less than", "<"),
        ("a valid integer", "an integer"),
        ("a valid number", "a number"),
        ("a valid boolean", "true or false"),
    ):
        message = message.replace(long, short)
    return message


@cache
def _adapter(hint: Any) -> TypeAdapter[Value]:
    return TypeAdapter(hint, config=ConfigDict(strict=True))


def _kind(hint: Any) -> type:
    """The plain type below annotations, options and literals."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _kind(get_args(hint)[0])
    if origin in (Union, UnionType):
        return _kind(next(arg for arg in get_args(hint) if arg is not type(None)))
    if origin is Literal:
        return type(get_args(hint)[0])
    if origin is tuple:
        return tuple
    assert isinstance(hint, type)
    return hint

"""Leaves into knobs: what each condition means, and the conditions that the structure itself implies."""

import re
from collections.abc import Mapping

from nars.space.detector_rules import check_detector
from nars.space.domains import FloatRange, Value
from nars.space.knobs import Condition, Knob
from nars.space.leaf import Leaf, separate_values
from nars.space.problems import unknown
from nars.space.recipe import MOMENTUM_OPTIMIZERS, NO_WEIGHTS

_STAGE = r"architecture\.(?:stages|detector\.box|detector\.mask)\[\d+\]"
_REST = re.compile(rf"({_STAGE})\.rest\.\w+")
_DEPTH = re.compile(rf"({_STAGE})\.depth")
DEFAULT_MOMENTUM = 0.9


def make_knobs(
    leaves: Mapping[str, Leaf], defaults: Mapping[str, Value], problems: list[str]
) -> tuple[tuple[Knob, ...], dict[str, Value]]:
    """Searched knobs, each after those that its conditions name, and fixed settings; problems are appended."""
    leaves = dict(leaves)
    _fill_momentum(leaves, problems)
    _check_rest(leaves, problems)
    _check_inherit(leaves, problems)
    check_detector(leaves, problems)
    fixed = {path: leaf.value for path, leaf in leaves.items() if leaf.domain is None}
    knobs = []
    for path, leaf in leaves.items():
        if leaf.domain is None:
            continue
        conditions = [*_implied(path, leaves), *_written(path, leaf, leaves, problems)]
        if leaf.when and not leaf.has_otherwise and path not in defaults:
            problems.append(f"otherwise is required: {path.split('.')[-1]} has no default while inactive @ $.{path}")
        otherwise = leaf.value if leaf.has_otherwise else defaults.get(path)
        knobs.append(Knob(path=path, domain=leaf.domain, conditions=tuple(conditions), otherwise=otherwise))
    return _in_order(knobs, problems), fixed


def _fill_momentum(leaves: dict[str, Leaf], problems: list[str]) -> None:
    """Momentum left out is 0.9 where the optimiser has one; given where none has one it is a mistake."""
    optimizers = separate_values(leaves.get("recipe.optimizer"))
    momentum = leaves.get("recipe.momentum")
    if momentum is None:
        return
    is_given = momentum.domain is not None or momentum.value is not None
    if not set(optimizers) & set(MOMENTUM_OPTIMIZERS):
        if is_given and optimizers:
            problems.append(f"momentum has no effect with {', '.join(map(str, optimizers))} @ $.recipe.momentum")
    elif not is_given:
        leaves["recipe.momentum"] = Leaf(domain=None, value=DEFAULT_MOMENTUM)


def _check_rest(leaves: Mapping[str, Leaf], problems: list[str]) -> None:
    """``rest`` must stand exactly where a stage may have more than one block."""
    for path, leaf in leaves.items():
        found = _DEPTH.fullmatch(path)
        if found is None:
            continue
        stage = found.group(1)
        has_rest = f"{stage}.rest.kernel" in leaves or f"{stage}.rest.expansion" in leaves
        deepest = max((int(str(v)) for v in separate_values(leaf)), default=1)
        if deepest > 1 and not has_rest:
            problems.append(f"rest is required where depth may be over 1, got depth up to {deepest} @ $.{stage}.rest")
        if deepest == 1 and has_rest:
            problems.append(f"rest has no effect at depth 1 @ $.{stage}.rest")


def _check_inherit(leaves: Mapping[str, Leaf], problems: list[str]) -> None:
    """``inherit`` says how weights are taken, so there must be some."""
    inherit = leaves.get("recipe.inherit")
    if inherit is not None and True in separate_values(inherit) and not _weights(leaves):
        problems.append("inherit has no effect without weights @ $.recipe.inherit")


def _weights(leaves: Mapping[str, Leaf]) -> tuple[Value, ...]:
    return tuple(value for value in separate_values(leaves.get("recipe.weights")) if value != NO_WEIGHTS)


def _implied(path: str, leaves: Mapping[str, Leaf]) -> list[Condition]:
    """A stage's rest is there only beside a first block, momentum only in some optimisers, inherit beside weights."""
    rest = _REST.fullmatch(path)
    if rest:
        depth = f"{rest.group(1)}.depth"
        return _narrowing(depth, tuple(v for v in separate_values(leaves.get(depth)) if v != 1), leaves)
    if path == "recipe.momentum":
        return _narrowing("recipe.optimizer", MOMENTUM_OPTIMIZERS, leaves)
    if path == "recipe.inherit":
        return _narrowing("recipe.weights", _weights(leaves), leaves)
    return []


def _narrowing(path: str, values: tuple[Value, ...], leaves: Mapping[str, Leaf]) -> list[Condition]:
    """The condition, unless it always holds."""
    return [] if set(separate_values(leaves.get(path))) <= set(values) else [Condition(path=path, values=values)]


def _written(path: str, leaf: Leaf, leaves: Mapping[str, Leaf], problems: list[str]) -> list[Condition]:
    """The conditions that the file gives in ``when``."""
    conditions = []
    for name, values in leaf.when.items():
        where = f"$.{path}.when.{name}"
        other = _resolve(name, path, leaves)
        if other is None:
            section = path.split(".", maxsplit=1)[0]
            known = tuple(p.removeprefix(f"{section}.") for p in leaves if p.startswith(f"{section}.") and p != path)
            problems.append(unknown("knob", name, known, where))
        elif isinstance(leaves[other].domain, FloatRange):
            problems.append(f"a condition needs a knob with separate values, {other} is continuous @ {where}")
        elif strange := [v for v in values if v not in (possible := separate_values(leaves[other]))]:
            problems.append(f"never holds: {other} is one of {possible}, got {strange[0]!r} @ {where}")
        else:
            conditions += _narrowing(other, tuple(values), leaves)
    return conditions


def _resolve(name: str, path: str, leaves: Mapping[str, Leaf]) -> str | None:
    """The nearest setting of this name: beside the knob first, then further out in its section."""
    if name in leaves and name.split(".", maxsplit=1)[0] == path.split(".", maxsplit=1)[0] and name != path:
        return name
    outer = path
    while "." in outer:
        outer = outer.rsplit(".", 1)[0]
        if f"{outer}.{name}" in leaves and f"{outer}.{name}" != path:
            return f"{outer}.{name}"
    return None


def _in_order(knobs: list[Knob], problems: list[str]) -> tuple[Knob, ...]:
    """Each knob after those that its conditions name; otherwise the file's order."""
    waiting, done = list(knobs), dict[str, Knob]()
    while waiting:
        ready = [k for k in waiting if all(c.path in done for c in k.conditions)]
        if not ready:
            names = ", ".join(k.path for k in waiting)
            problems.append(f"conditions must not form a circle, got {names} @ $.{waiting[0].path}.when")
            break
        done[ready[0].path] = ready[0]
        waiting.remove(ready[0])
    return tuple(done.values())

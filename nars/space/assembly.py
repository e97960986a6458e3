"""Settings by path into a candidate, and back."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from operator import attrgetter, itemgetter
from typing import Any

from pydantic import ValidationError

from nars.errors import SpaceError
from nars.space.candidate import Candidate
from nars.space.domains import Value
from nars.space.plain import plain
from nars.space.problems import problems_of, validated
from nars.space.recipe import MOMENTUM_OPTIMIZERS, NO_WEIGHTS

Tree = dict[str, "Tree"] | list["Tree"] | Value
"""A document of mappings, lists and plain values."""
Form = dict[str, "Form"] | list["Form"] | str
"""The same with the path of a setting in place of each value."""

_TOKEN = re.compile(r"[^.\[\]]+")
_INDEX = re.compile(r"\[(\d+)\]")


def assemble(settings: Mapping[str, Value], *, source: str) -> Candidate:
    """The candidate with these settings.

    Three rules of structure are applied: a stage of depth 1 has no ``rest``, an optimiser without momentum has none,
    random weights are not inherited.

    Raises:
        SpaceError: If a setting is missing or breaks its type's rule.
    """
    tree = _filled(_form(tuple(settings)), settings)
    assert isinstance(tree, dict)
    architecture, recipe = tree["architecture"], tree["recipe"]
    assert isinstance(architecture, dict)
    assert isinstance(recipe, dict)
    for stage in _stages(architecture):
        if stage["depth"] == 1:
            stage.pop("rest", None)
    if recipe["optimizer"] not in MOMENTUM_OPTIMIZERS:
        recipe["momentum"] = None
    if recipe.get("weights", NO_WEIGHTS) == NO_WEIGHTS:
        recipe["inherit"] = False
    try:
        return validated(Candidate, tree)
    except ValidationError as error:
        raise SpaceError(source, problems_of(error)) from error


def setting(candidate: Candidate, path: str) -> Value:
    """One setting of a candidate; None where it has no such place, as below a missing ``rest``."""
    found: Any = candidate
    try:
        for step in _steps(path):
            found = step(found)
    except (AttributeError, IndexError):
        return None
    value: Value = found
    return value


@cache
def _steps(path: str) -> tuple[Callable[[Any], Any], ...]:
    """The way down a path, from a candidate to a setting: a step for each index, and for all names between two."""
    names, *rest = _INDEX.split(path)
    steps: list[Callable[[Any], Any]] = [attrgetter(names)]
    for index, after in zip(rest[::2], rest[1::2], strict=True):
        steps += [itemgetter(int(index)), *([attrgetter(after.removeprefix("."))] if after else [])]
    return tuple(steps)


def leaves(candidate: Candidate) -> dict[str, Value]:
    """Every setting of a candidate by path; a missing ``rest`` has no path."""
    found: dict[str, Value] = {}
    _flatten(plain(candidate), "", found)
    return {path: value for path, value in found.items() if not path.endswith(".rest")}


def _stages(architecture: dict[str, Tree]) -> Iterator[dict[str, Tree]]:
    """The stages of the trunk and of the heads."""
    detector = architecture.get("detector")
    heads = [detector.get("box"), detector.get("mask")] if isinstance(detector, dict) else []
    for stages in (architecture["stages"], *heads):
        for stage in stages if isinstance(stages, list) else []:
            assert isinstance(stage, dict)
            yield stage


def _filled(form: Form, settings: Mapping[str, Value]) -> Tree:
    """A form with the setting of each path in its place."""
    if isinstance(form, str):
        return settings[form]
    if isinstance(form, list):
        return [_filled(inner, settings) for inner in form]
    # Most are paths: a call less for each.
    return {k: settings[inner] if isinstance(inner, str) else _filled(inner, settings) for k, inner in form.items()}


@lru_cache(maxsize=64)
def _form(paths: tuple[str, ...]) -> Form:
    """The document that has these paths, each in its own place; the candidates of a space share it."""
    root: dict[str, Form] = {}
    lists: dict[tuple[str, ...], None] = {}  # in the order in which they were met: the outer before the inner
    for path in paths:
        *parents, last = tokens = _tokens(path)
        node = root
        for depth, token in enumerate(parents, 1):
            child = node.get(token)
            if child is None:
                child = node[token] = {}
                if tokens[depth].isdigit():
                    lists[tokens[:depth]] = None
            assert isinstance(child, dict)
            node = child
        node[last] = path
    for where in reversed(lists):
        *parents, last = where
        node = root
        for token in parents:
            inner = node[token]
            assert isinstance(inner, dict)
            node = inner
        indexed = node[last]
        assert isinstance(indexed, dict)
        node[last] = [indexed[key] for key in sorted(indexed, key=int)]
    return root


@cache
def _tokens(path: str) -> tuple[str, ...]:
    """``stages``, ``0`` and ``width`` of ``stages[0].width``."""
    return tuple(_TOKEN.findall(path))


def _flatten(tree: object, path: str, found: dict[str, Value]) -> None:
    if isinstance(tree, dict):
        for key, value in tree.items():
            _flatten(value, f"{path}.{key}" if path else str(key), found)
    elif isinstance(tree, tuple) and any(isinstance(value, dict) for value in tree):
        for index, value in enumerate(tree):
            _flatten(value, f"{path}[{index}]", found)
    else:
        assert tree is None or isinstance(tree, int | float | bool | str | tuple)
        found[path] = tree

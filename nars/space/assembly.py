"""Settings by path into a candidate, and back."""

import re
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from nars.errors import SpaceError
from nars.space.candidate import Candidate
from nars.space.domains import Value
from nars.space.plain import plain
from nars.space.problems import problems_of, validated
from nars.space.recipe import MOMENTUM_OPTIMIZERS, NO_WEIGHTS

Tree = dict[str, "Tree"] | list["Tree"] | Value
"""A document of mappings, lists and plain values."""

_TOKEN = re.compile(r"[^.\[\]]+")


def assemble(settings: Mapping[str, Value], *, source: str) -> Candidate:
    """The candidate with these settings.

    Three rules of structure are applied: a stage of depth 1 has no ``rest``, an optimiser without momentum has none,
    random weights are not inherited.

    Raises:
        SpaceError: If a setting is missing or breaks its type's rule.
    """
    tree = _nest(settings)
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


def _nest(settings: Mapping[str, Value]) -> Tree:
    """Mappings of mappings, then mappings whose keys are 0, 1, 2... into lists."""
    root: dict[str, Tree] = {}
    for path, value in settings.items():
        *parents, last = _TOKEN.findall(path)
        node = root
        for token in parents:
            child = node.setdefault(token, {})
            assert isinstance(child, dict)
            node = child
        node[last] = value
    return _with_lists(root)


def _with_lists(tree: Tree) -> Tree:
    if not isinstance(tree, dict):
        return tree
    if tree and all(key.isdigit() for key in tree):
        return [_with_lists(tree[key]) for key in sorted(tree, key=int)]
    return {key: _with_lists(value) for key, value in tree.items()}


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

"""An architecture or a recipe as a YAML document that a person can read, edit and train again."""

from dataclasses import asdict
from typing import TypeVar

from pydantic import ValidationError

from nars.errors import SpaceError
from nars.space.architecture import Architecture
from nars.space.problems import problems_of, validated
from nars.space.recipe import Recipe
from nars.space.yaml_text import dump_yaml, parse_yaml

T = TypeVar("T")


def dump_architecture(architecture: Architecture) -> str:
    """YAML text of an architecture; settings that are none are left out, save the head of a trunk."""
    tree = _plain(asdict(architecture))
    assert isinstance(tree, dict)
    return dump_yaml(tree if architecture.head is not None else tree | {"head": None})


def dump_recipe(recipe: Recipe) -> str:
    """YAML text of a recipe; settings that are none are left out."""
    return dump_yaml(_plain(asdict(recipe)))


def parse_architecture(text: str, *, source: str) -> Architecture:
    """The architecture that a YAML text describes.

    Raises:
        SpaceError: With every problem, each with the path of its key.
    """
    return _parse(Architecture, text, source)


def parse_recipe(text: str, *, source: str) -> Recipe:
    """The recipe that a YAML text describes.

    Raises:
        SpaceError: With every problem, each with the path of its key.
    """
    return _parse(Recipe, text, source)


def _parse(kind: type[T], text: str, source: str) -> T:
    try:
        return validated(kind, parse_yaml(text, source=source))
    except ValidationError as error:
        raise SpaceError(source, problems_of(error)) from error


def _plain(tree: object) -> object:
    """The tree with lists for tuples and without none values."""
    if isinstance(tree, dict):
        return {key: _plain(value) for key, value in tree.items() if value is not None}
    if isinstance(tree, list | tuple):
        return [_plain(value) for value in tree]
    return tree

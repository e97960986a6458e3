"""The published networks, each an architecture document beside this module in ``zoo/``."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from nars.errors import ModelError
from nars.space.architecture import Architecture
from nars.space.documents import parse_architecture
from nars.space.problems import unknown

_FOLDER = files("nars.models") / "zoo"


@cache
def known_networks() -> tuple[str, ...]:
    """Names of all networks, in alphabetical order."""
    return documents_in(_FOLDER)


def documents_in(folder: Traversable) -> tuple[str, ...]:
    """Names of a folder's YAML documents, in alphabetical order."""
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


@cache
def load_network(name: str) -> Architecture:
    """The published network of this name, at the resolution that it was published with.

    Raises:
        ModelError: If no network has this name, naming the nearest one.
    """
    if name not in known_networks():
        raise ModelError(unknown("network", name, known_networks(), "the zoo"))
    return parse_architecture((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), source=f"{name}.yaml")

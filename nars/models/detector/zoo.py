"""The published detectors: each a trunk of the zoo with what stands on it and its recipe, as a document in ``zoo/``."""

from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field, ValidationError

from nars.errors import ModelError, SpaceError
from nars.models.zoo import documents_in, load_network
from nars.space.architecture import Detector
from nars.space.candidate import Candidate
from nars.space.problems import problems_of, unknown, validated
from nars.space.recipe import Recipe
from nars.space.yaml_text import parse_yaml

_FOLDER = files("nars.models.detector") / "zoo"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Document:
    """What a file says."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    network: str
    """The trunk, one of the networks."""
    stages: Annotated[int, Field(ge=1)] | None = None
    """How many of its stages are in the detector; none for all."""
    resolution: Annotated[int, Field(ge=1)]
    detector: Detector
    recipe: Recipe


@cache
def known_detectors() -> tuple[str, ...]:
    """Names of all detectors, in alphabetical order."""
    return documents_in(_FOLDER)


@cache
def load_detector(name: str) -> Candidate:
    """The published detector of this name, with its published recipe.

    Raises:
        ModelError: If no detector has this name, naming the nearest one.
    """
    if name not in known_detectors():
        raise ModelError(unknown("detector", name, known_detectors(), "the zoo"))
    source = f"{name}.yaml"
    try:
        document = validated(_Document, parse_yaml((_FOLDER / source).read_text(encoding="utf-8"), source=source))
    except ValidationError as error:
        raise SpaceError(source, problems_of(error)) from error
    trunk = load_network(document.network)
    architecture = replace(
        trunk, resolution=document.resolution, stages=trunk.stages[: document.stages], detector=document.detector
    )
    return Candidate(architecture=architecture, recipe=document.recipe)

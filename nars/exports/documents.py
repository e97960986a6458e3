"""The documents of a bundle beside architecture and recipe: preprocessing, metrics and provenance, as YAML."""

from dataclasses import asdict, dataclass
from typing import Annotated, ClassVar, TypeVar

from pydantic import ConfigDict, Field, ValidationError

from nars.errors import BundleError, SpaceError
from nars.space.data_spec import DataSpec
from nars.space.problems import problems_of, validated
from nars.space.yaml_text import dump_yaml, parse_yaml
from nars.trials import Cost, DetectionFigures

_STRICT = ConfigDict(extra="forbid", strict=True)
Accuracy = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Preprocessing:
    """From an image to the network's input, and from its output to a name."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    size: Count
    """Pixels at which images are decoded: the largest resolution of the space that the network was found in."""
    resolution: Count
    """Height and width of a classifier's input; the shorter side to which a detector resizes its images."""
    channels: Count
    """1 for greyscale, 3 for RGB."""
    rule: str
    """The steps in words."""
    mean: tuple[float, ...]
    """Per channel, of pixels in [0, 1]."""
    std: tuple[float, ...]
    """Per channel, of pixels in [0, 1]."""
    classes: tuple[str, ...]
    """Names of the network's outputs, in their order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Metrics:
    """What was measured, and on how many images."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    validation_accuracy: Accuracy
    """As recorded by the trial; it drove the search: top-1 of a classifier, box or mask AP of a detector."""
    test_accuracy: Accuracy
    """On the test split, which only the export reads."""
    train_images: Count
    validation_images: Count
    test_images: Count
    epochs: Count
    train_wall_s: float
    train_device: str
    cost: Cost
    test_detection: DetectionFigures | None = None
    """All of COCO's figures on the test split; none for classifiers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Versions:
    """Software that trained the network and wrote the bundle."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    nars: str
    python: str
    torch: str
    torchvision: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """Where the network comes from."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    study: str
    trial: Annotated[int, Field(ge=0)]
    candidate: str
    """Content id of architecture and recipe."""
    seed: int
    """Seed of the trial."""
    threads: Count
    """CPU threads of the trial; with these and the seed `train_again` repeats a training on the CPU bit by bit, where
    one process trained it."""
    data: DataSpec
    data_fingerprint: str
    """SHA-256 over names and sizes of all images."""
    versions: Versions
    processes: Count = 1
    """That trained it together; plain batch norm saw each one's share of a batch alone."""
    initial_weights: str | None = None
    """Where the training started, with the file's SHA-256; none where from random weights."""


def dump_document(document: Preprocessing | Metrics | Provenance) -> str:
    """YAML text of a document; what is none is left out."""
    return dump_yaml(_plain(asdict(document)))


def parse_document(kind: type[T], text: str, *, source: str) -> T:
    """The document of a kind that a YAML text holds.

    Raises:
        BundleError: With every problem, each with the path of its key.
    """
    try:
        return validated(kind, parse_yaml(text, source=source))
    except ValidationError as error:
        raise BundleError(f"{source}: {'; '.join(problems_of(error))}") from error
    except SpaceError as error:
        raise BundleError(str(error)) from error


def _plain(tree: object) -> object:
    if isinstance(tree, dict):
        return {key: _plain(value) for key, value in tree.items() if value is not None}
    return list(tree) if isinstance(tree, tuple) else tree

"""A bundle: the folder that holds one trained network and all that is needed to use, check and repeat it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from torch import nn

from nars.errors import BundleError, SpaceError
from nars.exports.checksums import read_checksums, verify_checksums
from nars.exports.documents import Metrics, Preprocessing, Provenance, parse_document
from nars.exports.weights import WEIGHTS_FILE, load_weights
from nars.space.architecture import Architecture
from nars.space.candidate import Candidate
from nars.space.documents import parse_architecture, parse_recipe
from nars.space.recipe import Recipe
from nars.training.trained import blank_network

ARCHITECTURE_FILE = "architecture.yaml"
RECIPE_FILE = "recipe.yaml"
PREPROCESSING_FILE = "preprocessing.yaml"
METRICS_FILE = "metrics.yaml"
PROVENANCE_FILE = "provenance.yaml"
SPACE_FILE = "space.yaml"
SPLITS_FILE = "splits.json"
CARD_FILE = "README.md"
CURVE_FILE = "learning_curve.png"
DIAGRAM_FILE = "architecture.png"
DETECTIONS_FILE = "detections.png"
"""Of detectors alone."""
BUNDLE_FILES = (
    ARCHITECTURE_FILE,
    CARD_FILE,
    METRICS_FILE,
    PREPROCESSING_FILE,
    PROVENANCE_FILE,
    RECIPE_FILE,
    SPACE_FILE,
    SPLITS_FILE,
    WEIGHTS_FILE,
)
"""What every bundle holds, beside checksums; later ones hold pictures too, and formats where they were asked for."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Bundle:
    """A bundle whose files have been checked."""

    directory: Path
    architecture: Architecture
    recipe: Recipe
    preprocessing: Preprocessing
    metrics: Metrics
    provenance: Provenance
    space_text: str
    """The search space's YAML document, as the study was started with."""

    @property
    def candidate(self) -> Candidate:
        """Architecture and recipe as one."""
        return Candidate(architecture=self.architecture, recipe=self.recipe)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the network's outputs, in their order."""
        return self.preprocessing.classes

    def model(self) -> nn.Module:
        """The trained network, on the CPU and in eval mode.

        Returns:
            Of a classifier, a module from ``N x C x R x R`` float images in [0, 1] to ``N x num_classes`` logits; of a
            detector, one from a list of ``C x H x W`` images to a list of their detections.

        Raises:
            BundleError: If the weights do not fit the architecture.
        """
        network = blank_network(self.candidate)
        load_weights(network, self.directory / WEIGHTS_FILE)
        return network.eval()


def load_bundle(directory: Path | str) -> Bundle:
    """Read a bundle, after every file of it has been compared with its checksum.

    Args:
        directory: The bundle's folder; files that are not the bundle's are let be.

    Returns:
        Its documents; weights are read by `Bundle.model`.

    Raises:
        BundleError: If it is no bundle, a file is missing or damaged (named, with its checksum), or a document
            breaks a rule.
    """
    directory = Path(directory)
    sums = read_checksums(directory)
    unrecorded = [name for name in BUNDLE_FILES if name not in sums]
    if unrecorded:
        raise BundleError(f"{directory}: not a bundle: SHA256SUMS must record {', '.join(unrecorded)}")
    verify_checksums(directory, sums)
    try:
        architecture = parse_architecture(_text(directory, ARCHITECTURE_FILE), source=ARCHITECTURE_FILE)
        recipe = parse_recipe(_text(directory, RECIPE_FILE), source=RECIPE_FILE)
    except SpaceError as error:
        raise BundleError(f"{directory}: {error}") from error
    return Bundle(
        directory=directory,
        architecture=architecture,
        recipe=recipe,
        preprocessing=_document(Preprocessing, directory, PREPROCESSING_FILE),
        metrics=_document(Metrics, directory, METRICS_FILE),
        provenance=_document(Provenance, directory, PROVENANCE_FILE),
        space_text=_text(directory, SPACE_FILE),
    )


def _text(directory: Path, name: str) -> str:
    try:
        return (directory / name).read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{directory / name}: cannot be read: {error}") from error


def _document(kind: type[T], directory: Path, name: str) -> T:
    return parse_document(kind, _text(directory, name), source=str(directory / name))

"""Whether a bundle still does what it records."""

from dataclasses import dataclass, replace
from pathlib import Path

from nars.errors import DataError
from nars.exports.answers import answers_of, recorded_splits
from nars.exports.bundle import load_bundle
from nars.exports.conversion import accuracy_tolerance
from nars.exports.formats import format_named
from nars.exports.opening import open_bundle
from nars.space.data_spec import DataSpec
from nars.trials import DetectionFigures


@dataclass(frozen=True, kw_only=True, slots=True)
class BundleEvaluation:
    """A bundle's accuracy on its test split, now and as recorded."""

    accuracy: float
    """Of the bundle's task, in [0, 1]."""
    recorded_accuracy: float
    images: int
    detection: DetectionFigures | None = None
    """All of COCO's figures, now; none for classifiers."""
    tolerance: float = 0.0
    """How far a format may be from the record, which is the source's accuracy."""

    @property
    def is_reproduced(self) -> bool:
        """Whether both accuracies are the same: of the bundle's own weights to the image."""
        return abs(self.accuracy - self.recorded_accuracy) <= self.tolerance


def evaluate_bundle(
    directory: Path | str, data_path: Path | str | None = None, *, form: str | None = None
) -> BundleEvaluation:
    """Measure a bundle on the very test images that its export read.

    Args:
        directory: The bundle's folder.
        data_path: Where the data folder is now; none for where it was.
        form: Name of a format of the bundle; none for its own weights.

    Raises:
        BundleError: If the bundle is damaged or has no such format.
        DataError: If the data is absent or has changed, or a folder is given for embedded data.
    """
    bundle = load_bundle(directory)
    run = open_bundle(bundle, form)
    spec = moved(bundle.provenance.data, data_path)
    splits = recorded_splits(bundle.candidate, spec, bundle.directory)
    found = answers_of(run, bundle.candidate, splits, "test", size=bundle.preprocessing.size)
    return BundleEvaluation(
        accuracy=found.accuracy,
        recorded_accuracy=bundle.metrics.test_accuracy,
        images=found.images,
        detection=found.detection,
        tolerance=0.0 if form is None else accuracy_tolerance(format_named(form), found.images),
    )


def moved(spec: DataSpec, data_path: Path | str | None) -> DataSpec:
    """The same data in another folder.

    Raises:
        DataError: If the data is embedded, so that it lies in no folder.
    """
    if data_path is None:
        return spec
    if spec.path is None:
        raise DataError(f"the bundle's data is the embedded digits, which take no folder, got {data_path}")
    return replace(spec, path=str(data_path))

"""Whether a bundle still does what it records."""

from dataclasses import dataclass, replace
from pathlib import Path

from nars.data.source import load_split, prepare_splits
from nars.errors import DataError
from nars.exports.bundle import load_bundle
from nars.exports.conversion import accuracy_tolerance
from nars.exports.formats import format_named
from nars.exports.measure import accuracy_of, predict
from nars.exports.opening import open_bundle
from nars.space.data_spec import DataSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class BundleEvaluation:
    """A bundle's accuracy on its test split, now and as recorded."""

    accuracy: float
    """Top-1, in [0, 1]."""
    recorded_accuracy: float
    images: int
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
    splits = prepare_splits(spec, bundle.directory)
    test = load_split(splits, "test", size=bundle.preprocessing.size)
    logits_NK = predict(run, test, resolution=bundle.architecture.resolution)
    return BundleEvaluation(
        accuracy=accuracy_of(logits_NK, test.labels),
        recorded_accuracy=bundle.metrics.test_accuracy,
        images=len(test),
        tolerance=0.0 if form is None else accuracy_tolerance(format_named(form), len(test)),
    )


def moved(spec: DataSpec, data_path: Path | str | None) -> DataSpec:
    """The same data in another folder.

    Raises:
        DataError: If the data is embedded, so that it lies in no folder.
    """
    if data_path is None:
        return spec
    if spec.source == "digits":
        raise DataError(f"the bundle's data is the embedded digits, which take no folder, got {data_path}")
    return replace(spec, path=str(data_path))

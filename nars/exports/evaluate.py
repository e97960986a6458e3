"""Whether a bundle still does what it records."""

from dataclasses import dataclass, replace
from pathlib import Path

from nars.data.source import load_split, prepare_splits
from nars.errors import DataError
from nars.exports.bundle import load_bundle
from nars.exports.measure import accuracy_of, predict
from nars.space.data_spec import DataSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class BundleEvaluation:
    """A bundle's accuracy on its test split, now and as recorded."""

    accuracy: float
    """Top-1, in [0, 1]."""
    recorded_accuracy: float
    images: int

    @property
    def is_reproduced(self) -> bool:
        """Whether both accuracies are the same, to the image."""
        return self.accuracy == self.recorded_accuracy


def evaluate_bundle(directory: Path | str, data_path: Path | str | None = None) -> BundleEvaluation:
    """Measure a bundle on the very test images that its export read.

    Args:
        directory: The bundle's folder.
        data_path: Where the data folder is now; none for where it was.

    Raises:
        BundleError: If the bundle is damaged.
        DataError: If the data is absent or has changed, or a folder is given for embedded data.
    """
    bundle = load_bundle(directory)
    spec = moved(bundle.provenance.data, data_path)
    splits = prepare_splits(spec, bundle.directory)
    test = load_split(splits, "test", size=bundle.preprocessing.size)
    logits_NK = predict(bundle.model(), test, resolution=bundle.architecture.resolution)
    return BundleEvaluation(
        accuracy=accuracy_of(logits_NK, test.labels),
        recorded_accuracy=bundle.metrics.test_accuracy,
        images=len(test),
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

"""Which candidates can be built at all, many at once."""

from nars.cost.detector_geometry import buildable_detectors
from nars.cost.geometry import buildable
from nars.space.columns import ArchitectureColumns, Bools


def buildable_candidates(columns: ArchitectureColumns) -> Bools:
    """Which of N candidates can be built, classifiers, trunks or detectors."""
    return buildable(columns) if columns.detector is None else buildable_detectors(columns)

"""Latency by table: measured milliseconds of each operator, summed over a network.

An operator here is what is measured as one: the stem, one block, or the head. Activations are not told apart.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Literal, Self, get_args

import numpy as np

from nars.cost.geometry import BlockGeometry, Geometry, geometry
from nars.errors import CostError
from nars.space.architecture import Architecture, BlockStyle
from nars.space.columns import ArchitectureColumns, Floats, Ints, architecture_columns

OperatorKind = Literal["stem", "inverted_residual", "fused_residual", "head"]
KINDS: tuple[OperatorKind, ...] = get_args(OperatorKind)


@dataclass(frozen=True, kw_only=True, slots=True)
class Operator:
    """Everything that tells one measured operator from another; a size is a feature map's height (and width)."""

    kind: OperatorKind
    in_size: int
    in_width: int
    hidden_width: int = 0
    """Expanded width of a block or head; 0 for the stem and for a fused residual that does not project."""
    out_width: int
    kernel: int = 1
    stride: int = 1
    padding: int = 0
    squeeze_width: int = 0
    """Hidden width of the squeeze-excite, 0 for none."""
    num_classes: int = 0
    """Of the head, which ends in the classifier; 0 for the others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """One measured operator."""

    latency_ms: float
    """Median of repeated runs; the mean where a published table has no median."""
    iqr_ms: float | None = None
    """Distance of the third quartile from the first; none where a published table has no quartiles."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LatencyTable:
    """Measured operators of one device at batch 1."""

    device: str
    style: BlockStyle | None = None
    """Style of the measured networks, which a looked up network must share; none where it is not known."""
    timings: Mapping[Operator, Timing]

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Reads a table: ``.csv`` as written by `save`, ``.yaml`` in the format of once-for-all networks.

        Raises:
            CostError: If the file is absent or is not such a table.
        """
        # Imported here since these modules make tables and operators of what they read.
        from nars.cost.latency_csv import read_csv
        from nars.cost.latency_yaml import read_yaml

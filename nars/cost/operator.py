"""What a latency table measures as one: the stem, one block, or the head; and those of many networks at once.

Shapes: N candidates; every array has shape ``(N,)``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from nars.cost.geometry import geometry
from nars.cost.stage_geometry import BlockGeometry
from nars.errors import CostError
from nars.space.columns import ArchitectureColumns, Ints

OperatorKind = Literal["stem", "inverted_residual", "fused_residual", "head"]
OPERATOR_KINDS: tuple[OperatorKind, ...] = get_args(OperatorKind)


@dataclass(frozen=True, kw_only=True, slots=True)
class Operator:
    """All that tells one operator from another. Activation functions and biases do not."""

    kind: OperatorKind
    in_size: int
    """Height (and width) of the input in pixels."""
    in_width: int
    hidden_width: int
    """Expanded width of a block or head; 0 for the stem and for a fused residual that does not project."""
    out_width: int
    kernel: int
    stride: int
    padding: int
    squeeze_width: int
    """Hidden width of the squeeze-excite, 0 for none."""
    num_classes: int
    """Classes of the head, which ends in the classifier; 0 for the others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """One measured operator."""

    latency_ms: float
    """Median of repeated runs; the mean where a published table has no median."""
    iqr_ms: float | None = None
    """Third less first quartile of the runs; none where a published table has no quartiles."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatorColumns:
    """One operator in every candidate."""

    repeats_N: Ints
    """How many such operators follow each other; where 0, the operator has no meaning."""
    numbers: tuple[Ints, ...]
    """The fields of `Operator` in order, the kind as its index in ``OPERATOR_KINDS``."""

    def operator(self, n: int) -> Operator:
        """The operator of candidate ``n``."""
        return operator_of([int(number_N[n]) for number_N in self.numbers])


def operator_of(numbers: Iterable[int]) -> Operator:
    """The operator of these numbers: the fields of `Operator` in order, the kind as its index."""
    kind, in_size, in_width, hidden, out_width, kernel, stride, padding, squeeze, classes = numbers
    return Operator(
        kind=OPERATOR_KINDS[kind],
        in_size=in_size,
        in_width=in_width,
        hidden_width=hidden,
        out_width=out_width,
        kernel=kernel,
        stride=stride,
        padding=padding,
        squeeze_width=squeeze,
        num_classes=classes,
    )


def operator_columns(columns: ArchitectureColumns) -> Iterator[OperatorColumns]:
    """Stem, blocks in order (the first and the rest of a stage apart), and the head where there is one.

    Raises:
        CostError: If an architecture cannot be built, or a block's convolution is grouped, which no table tells.
    """
    shape = geometry(columns)
    ones_N = np.ones_like(columns.resolution_N)
    zeros_N = np.zeros_like(ones_N)
    stem_kernel_N = columns.stem_kernel_N
    yield OperatorColumns(
        repeats_N=ones_N,
        numbers=(
            zeros_N + OPERATOR_KINDS.index("stem"),
            columns.resolution_N,
            columns.in_channels_N,
            zeros_N,
            columns.stem_width_N,
            stem_kernel_N,
            columns.stem_stride_N,
            stem_kernel_N // 2,
            zeros_N,
            zeros_N,
        ),
    )
    for block in shape.blocks:
        if ((block.repeats_N > 0) & (block.group_width_N != 1)).any():
            raise CostError("a latency table must know every operator; none has blocks with groups")
        yield _block_columns(block)
    if shape.head is not None:
        yield OperatorColumns(
            repeats_N=ones_N,
            numbers=(
                zeros_N + OPERATOR_KINDS.index("head"),
                shape.out_size_N,
                shape.out_width_N,
                shape.head.hidden_width_N,
                shape.head.width_N,
                ones_N,
                ones_N,
                zeros_N,
                zeros_N,
                columns.num_classes_N,
            ),
        )


def _block_columns(block: BlockGeometry) -> OperatorColumns:
    inverted, fused = OPERATOR_KINDS.index("inverted_residual"), OPERATOR_KINDS.index("fused_residual")
    return OperatorColumns(
        repeats_N=block.repeats_N,
        numbers=(
            np.where(block.fused_N, fused, inverted),
            block.in_size_N,
            block.in_width_N,
            block.hidden_width_N * block.projected_N,
            block.width_N,
            block.kernel_N,
            block.stride_N,
            block.padding_N,
            block.squeeze_width_N,
            np.zeros_like(block.width_N),
        ),
    )

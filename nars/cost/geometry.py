"""Sizes and widths of every block of many networks at once; the cost formula and the latency table both read them.

Shapes: N candidates; every array has shape ``(N,)``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nars.cost.widths import round_widths, squeeze_excite_widths
from nars.errors import CostError
from nars.space.architecture import BlockStyle
from nars.space.columns import ArchitectureColumns, BlockColumns, Bools, HeadColumns, Ints, StageColumns


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockGeometry:
    """One block in every candidate; sizes are heights (and widths) of feature maps in pixels."""

    repeats_N: Ints
    """How many blocks of this geometry follow each other; where 0, nothing else here has a meaning."""
    fused_N: Bools
    in_size_N: Ints
    out_size_N: Ints
    in_width_N: Ints
    hidden_width_N: Ints
    """Channels between the spatial convolution and the projection; the output's where none projects."""
    width_N: Ints
    kernel_N: Ints
    stride_N: Ints
    padding_N: Ints
    group_width_N: Ints
    """Channels in each group of an inverted residual's spatial convolution, 1 where it is depthwise."""
    squeeze_width_N: Ints
    """Hidden channels of the squeeze-excite, 0 where there is none."""
    projected_N: Bools
    """False only for a fused residual of expansion 1, which is its spatial convolution alone."""
    skip_N: Bools


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadGeometry:
    """The head of every candidate."""

    hidden_width_N: Ints
    """Channels that are pooled."""
    width_N: Ints


@dataclass(frozen=True, kw_only=True, slots=True)
class Geometry:
    """All blocks in order, the first and the rest of each stage apart, and the two ends of the network."""

    stem_size_N: Ints
    blocks: tuple[BlockGeometry, ...]
    out_size_N: Ints
    """Of the features behind the last stage."""
    out_width_N: Ints
    head: HeadGeometry | None
    """None for trunks."""


def geometry(columns: ArchitectureColumns) -> Geometry:
    """Sizes and widths of buildable networks.

    Raises:
        CostError: If one cannot be built; see `buildable`.
    """
    sizes = _sizes(columns)
    for path, fits_N in _fits(columns, sizes):
        if not fits_N.all():
            n = int(np.argmin(fits_N))
            raise CostError(
                f"{path} cannot be built: a stride must not exceed its features, some of them must be left, a block "
                f"with an identity skip must keep their size, and groups must divide hidden widths; features after "
                f"the stem and each stage: "
                f"{', '.join(str(size_N[n]) for size_N in sizes)} at resolution {columns.resolution_N[n]} "
                f"(architecture {n} of {len(fits_N)})"
            )
    blocks = [block for index in range(len(columns.stages)) for block in _stage_blocks(columns, sizes, index)]
    return Geometry(
        stem_size_N=sizes[0],
        blocks=tuple(blocks),
        out_size_N=sizes[-1],
        out_width_N=columns.stages[-1].width_N,
        head=None if columns.head is None else _head(columns, columns.head),
    )


def buildable(columns: ArchitectureColumns) -> Bools:
    """Which networks can be built, as `nars.models.feature_sizes` tells for one.

    A stride must not exceed the size of its features, a forced padding must leave some of them, and in a block with
    an identity skip it must keep their size; groups must divide the hidden width of their block.
    """
    buildable_N: Bools = np.ones(len(columns.resolution_N), dtype=np.bool_)
    for _, fits_N in _fits(columns, _sizes(columns)):
        buildable_N &= fits_N
    return buildable_N


def _sizes(columns: ArchitectureColumns) -> list[Ints]:
    """Feature sizes after the stem and after each stage; below 1 where nothing is left."""
    kernel_N = columns.stem_kernel_N
    sizes = [_convolved(columns.resolution_N, kernel_N, columns.stem_stride_N, kernel_N // 2)]
    for stage in columns.stages:
        sizes.append(_convolved(sizes[-1], stage.first.kernel_N, stage.stride_N, stage.first.padding_N))
    return sizes


def _convolved(size_N: Ints, kernel_N: Ints, stride_N: Ints, padding_N: Ints) -> Ints:
    return (size_N + 2 * padding_N - kernel_N) // stride_N + 1


def _fits(columns: ArchitectureColumns, sizes: list[Ints]) -> Iterator[tuple[str, Bools]]:
    yield "architecture.stem", (columns.resolution_N >= columns.stem_stride_N) & (sizes[0] >= 1)
    in_width_N = columns.stem_width_N
    for index, stage in enumerate(columns.stages):
        first_keeps_N = ~_skips(stage, in_width_N) | _keeps_size(stage.first)
        rest_keeps_N = (stage.depth_N == 1) | _keeps_size(stage.rest)
        strided_N = (sizes[index] >= stage.stride_N) & (sizes[index + 1] >= 1)
        grouped_N = _groups_fit(stage.first, in_width_N, columns.style)
        grouped_N &= (stage.depth_N == 1) | _groups_fit(stage.rest, stage.width_N, columns.style)
        yield f"architecture.stages[{index}]", strided_N & first_keeps_N & rest_keeps_N & grouped_N
        in_width_N = stage.width_N


def _keeps_size(block: BlockColumns) -> Bools:
    keeps_N: Bools = block.padding_N == block.kernel_N // 2
    return keeps_N


def _groups_fit(block: BlockColumns, in_width_N: Ints, style: BlockStyle) -> Bools:
    if not block.groups_N.any():  # as in nearly every space
        return np.ones_like(in_width_N, dtype=np.bool_)
    hidden_N = round_widths(in_width_N * block.expansion_N, style.divisor)
    fits_N: Bools = (block.groups_N == 0) | (hidden_N % np.maximum(block.groups_N, 1) == 0)
    return fits_N


def _skips(stage: StageColumns, in_width_N: Ints) -> Bools:
    skips_N: Bools = (stage.stride_N == 1) & (stage.width_N == in_width_N)
    return skips_N


def _head(columns: ArchitectureColumns, head: HeadColumns) -> HeadGeometry:
    hidden_N = round_widths(columns.stages[-1].width_N * head.expansion_N, columns.style.divisor)
    return HeadGeometry(hidden_width_N=hidden_N, width_N=head.width_N)


def _stage_blocks(columns: ArchitectureColumns, sizes: list[Ints], index: int) -> Iterator[BlockGeometry]:
    stage = columns.stages[index]
    in_width_N = columns.stages[index - 1].width_N if index else columns.stem_width_N
    ones_N = np.ones_like(stage.depth_N)
    yield _block(
        stage,
        stage.first,
        columns.style,
        repeats_N=ones_N,
        sizes=(sizes[index], sizes[index + 1]),
        in_width_N=in_width_N,
        stride_N=stage.stride_N,
        skip_N=_skips(stage, in_width_N),
    )
    if (stage.depth_N > 1).any():
        yield _block(
            stage,
            stage.rest,
            columns.style,
            repeats_N=stage.depth_N - 1,
            sizes=(sizes[index + 1], sizes[index + 1]),
            in_width_N=stage.width_N,
            stride_N=ones_N,
            skip_N=np.ones_like(stage.fused_N),
        )


def _block(
    stage: StageColumns,
    block: BlockColumns,
    style: BlockStyle,
    *,
    repeats_N: Ints,
    sizes: tuple[Ints, Ints],
    in_width_N: Ints,
    stride_N: Ints,
    skip_N: Bools,
) -> BlockGeometry:
    projected_N = ~stage.fused_N | (block.expansion_N != 1)
    expanded_N = round_widths(in_width_N * block.expansion_N, style.divisor)
    hidden_N = np.where(projected_N, expanded_N, stage.width_N)
    squeeze_N = np.zeros_like(hidden_N)
    if stage.squeeze_excite_N.any():
        squeeze_N = stage.squeeze_excite_N * squeeze_excite_widths(hidden_N, block.expansion_N, style)
    return BlockGeometry(
        repeats_N=repeats_N,
        fused_N=stage.fused_N,
        in_size_N=sizes[0],
        out_size_N=sizes[1],
        in_width_N=in_width_N,
        hidden_width_N=hidden_N,
        width_N=stage.width_N,
        kernel_N=block.kernel_N,
        stride_N=stride_N,
        padding_N=block.padding_N,
        group_width_N=np.where(block.groups_N == 0, 1, hidden_N // np.maximum(block.groups_N, 1)),
        squeeze_width_N=squeeze_N,
        projected_N=projected_N,
        skip_N=skip_N,
    )

"""Sizes and widths of the blocks of stages that follow each other, in many networks at once.

Shapes: N candidates; every array has shape ``(N,)``. A stage may be absent from some candidates (``present``): there
it changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nars.cost.extent import Extent
from nars.cost.widths import round_widths, squeeze_excite_widths
from nars.space.architecture import BlockStyle
from nars.space.columns import BlockColumns, Bools, Ints, StageColumns


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockGeometry:
    """One block in every candidate; sizes are heights and widths of feature maps in pixels."""

    repeats_N: Ints
    """How many blocks of this geometry follow each other; where 0, nothing else here has a meaning."""
    fused_N: Bools
    in_extent: Extent
    upsampled_extent: Extent
    """Before the spatial convolution; that of the input where nothing enlarges it."""
    out_extent: Extent
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
    held_N: Bools
    """Whether the input is read once more behind the block's branch: by the skip, or by a detector."""

    @property
    def in_size_N(self) -> Ints:
        """Height of the input."""
        return self.in_extent.height_N

    @property
    def out_size_N(self) -> Ints:
        """Height of the output."""
        return self.out_extent.height_N


@dataclass(frozen=True, kw_only=True, slots=True)
class StageChain:
    """Stages that follow each other, in every candidate."""

    stages: tuple[StageColumns, ...]
    style: BlockStyle
    in_extent: Extent
    in_width_N: Ints
    present: tuple[Bools, ...] | None = None
    """In which candidates each stage is there; none for all in all."""

    def extents(self) -> list[Extent]:
        """Before the first stage and behind each; below 1 where nothing is left."""
        extents = [self.in_extent]
        for index, stage in enumerate(self.stages):
            before = extents[-1] if stage.upsample_N is None else extents[-1].enlarged(stage.upsample_N)
            after = before.convolved(stage.first.kernel_N, stage.stride_N, stage.first.padding_N)
            extents.append(after if self.present is None else after.where(self.present[index], extents[-1]))
        return extents

    def widths(self) -> list[Ints]:
        """Channels before the first stage and behind each."""
        widths = [self.in_width_N]
        for index, stage in enumerate(self.stages):
            here = stage.width_N if self.present is None else np.where(self.present[index], stage.width_N, widths[-1])
            widths.append(here)
        return widths

    def fits(self, extents: Sequence[Extent]) -> Iterator[Bools]:
        """Of each stage, in which candidates it can be built."""
        for index, (stage, in_width_N) in enumerate(zip(self.stages, self.widths()[:-1], strict=True)):
            fits_N = _fits(stage, in_width_N, self.style) & extents[index].at_least(stage.stride_N)
            fits_N &= extents[index + 1].at_least(1)
            yield fits_N if self.present is None else fits_N | ~self.present[index]

    def blocks(self, extents: Sequence[Extent]) -> list[tuple[BlockGeometry, ...]]:
        """Of each stage, its first block and the rest, where there is one in any candidate."""
        widths = self.widths()
        return [tuple(self._stage_blocks(index, extents, widths[index])) for index in range(len(self.stages))]

    def _stage_blocks(self, index: int, extents: Sequence[Extent], in_width_N: Ints) -> Iterator[BlockGeometry]:
        stage = self.stages[index]
        ones_N = np.ones_like(stage.depth_N)
        is_there_N = ones_N if self.present is None else self.present[index].astype(np.int64)
        if not is_there_N.any():
            return
        before = extents[index]
        enlarged = before if stage.upsample_N is None else before.enlarged(stage.upsample_N)
        yield _block(
            stage, stage.first, self.style, repeats_N=is_there_N, in_width_N=in_width_N, stride_N=stage.stride_N,
            extents=(before, enlarged, extents[index + 1]), skip_N=_skips(stage, in_width_N),
        )  # fmt: skip
        if (stage.depth_N > 1).any():
            after = extents[index + 1]
            yield _block(
                stage, stage.rest, self.style, repeats_N=is_there_N * (stage.depth_N - 1), in_width_N=stage.width_N,
                stride_N=ones_N, extents=(after, after, after), skip_N=np.ones_like(stage.fused_N),
            )  # fmt: skip


def _fits(stage: StageColumns, in_width_N: Ints, style: BlockStyle) -> Bools:
    """Whether blocks with a skip keep the size of their features, and groups divide."""
    fits_N = ~_skips(stage, in_width_N) | _keeps_size(stage.first)
    fits_N &= (stage.depth_N == 1) | _keeps_size(stage.rest)
    fits_N &= _groups_fit(stage.first, in_width_N, style)
    fits_N &= (stage.depth_N == 1) | _groups_fit(stage.rest, stage.width_N, style)
    return fits_N


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
    return skips_N if stage.upsample_N is None else skips_N & (stage.upsample_N == 1)


def _block(
    stage: StageColumns,
    block: BlockColumns,
    style: BlockStyle,
    *,
    repeats_N: Ints,
    extents: tuple[Extent, Extent, Extent],
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
        in_extent=extents[0],
        upsampled_extent=extents[1],
        out_extent=extents[2],
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
        held_N=skip_N,
    )

"""Sizes and widths in the parts of many detectors at once: which stages are whose, which features are read.

Shapes: N candidates; every array has shape ``(N,)``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np

from nars.cost.extent import Extent
from nars.cost.geometry import Geometry, geometry, trunk_chain, trunk_fits
from nars.cost.stage_geometry import StageChain
from nars.errors import CostError
from nars.space.columns import ArchitectureColumns, BlockColumns, Bools, Ints, StageColumns


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """One level of features that proposals are read from; a C4 detector has one."""

    stage: int | None
    """Index of the trunk's stage below it; none for the coarsest level of a pyramid, which stands on the one before."""
    is_read_N: Bools
    """In which candidates the level is there."""
    is_pooled_N: Bools
    """In which of them regions are pooled from it."""
    extent: Extent


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectorGeometry:
    """The parts of every detector."""

    trunk: Geometry
    levels: tuple[Level, ...]
    """Finest first."""
    width_N: Ints
    """Channels of every level."""
    num_anchors_N: Ints
    """Of each cell of each level."""
    rpn: tuple[StageChain, ...]
    """The feature extractor at each level."""
    box: StageChain
    mask: StageChain | None


def detector_geometry(columns: ArchitectureColumns) -> DetectorGeometry:
    """Sizes and widths of detectors that can be built.

    Raises:
        CostError: If one cannot be built; see `nars.models.detector.layout`.
    """
    shape = _Shape(columns)
    for path, fits_N in shape.fits():
        if not fits_N.all():
            n = int(np.argmin(fits_N))
            raise CostError(f"{path} cannot be built in a detector (architecture {n} of {len(fits_N)})")
    return DetectorGeometry(
        trunk=geometry(columns, image=shape.image, present=shape.in_trunk),
        levels=shape.levels,
        width_N=shape.width_N,
        num_anchors_N=shape.num_anchors_N,
        rpn=tuple(shape.rpn(level) for level in shape.levels),
        box=shape.box,
        mask=shape.mask,
    )


def buildable_detectors(columns: ArchitectureColumns) -> Bools:
    """Which detectors can be built."""
    buildable_N: Bools = np.ones(len(columns.resolution_N), dtype=np.bool_)
    for _, fits_N in _Shape(columns).fits():
        buildable_N &= fits_N
    return buildable_N


class _Shape:
    """What is whose, before anyone asked whether it fits."""

    def __init__(self, columns: ArchitectureColumns) -> None:
        assert columns.detector is not None
        self._columns, self._detector = columns, columns.detector
        self._strides = _strides(columns)
        last_N = self._strides[-1]
        beyond_N = np.where(self._detector.is_fpn_N, last_N // 2, self._detector.stride_N)
        self._is_beyond = tuple(stride_N > beyond_N for stride_N in self._strides)
        self.in_trunk = tuple(self._detector.is_fpn_N | ~is_beyond_N for is_beyond_N in self._is_beyond)
        self.image = self._image(np.where(self._detector.is_fpn_N, last_N, self._detector.stride_N))
        self._chain = trunk_chain(columns, self.image, self.in_trunk)
        self._extents = self._chain.extents()
        self.levels = tuple(self._levels())
        self.width_N = np.where(self._detector.is_fpn_N, self._detector.fpn_width_N, self._chain.widths()[-1])
        self._num_levels_N = sum((level.is_read_N.astype(np.int64) for level in self.levels), np.zeros_like(last_N))
        each_N = self._detector.num_sizes_N // np.maximum(1, self._num_levels_N)
        self.num_anchors_N = each_N * self._detector.num_ratios_N
        self.box, self.mask = self._box(), self._mask()

    def rpn(self, level: Level) -> StageChain:
        """The RPN's feature extractor at a level: the repeated block, in a stage of its own."""
        return StageChain(
            stages=(self._repeated(),), style=self._columns.style, in_extent=level.extent, in_width_N=self.width_N
        )

    def fits(self) -> Iterator[tuple[str, Bools]]:
        """Path of each part, and in which candidates it can be built."""
        detector, last_N = self._detector, self._strides[-1]
        yield from trunk_fits(self._columns, self._chain, self.image, self._extents)
        yield "architecture.detector.stride", self._is_stride(detector.stride_N)
        yield "architecture.detector.rpn_stride", self._is_stride(detector.rpn_stride_N)
        yield "architecture.detector.roi_stride", ~detector.is_fpn_N | self._is_stride(detector.roi_stride_N)
        ends_N = last_N == detector.stride_N
        yield "architecture.stages", detector.is_fpn_N | (ends_N if detector.box is not None else ~ends_N)
        yield "recipe.detector.anchor_sizes", detector.num_sizes_N % np.maximum(1, self._num_levels_N) == 0
        for level in self.levels:
            chain = self.rpn(level)
            for fits_N in chain.fits(chain.extents()):
                yield "architecture.detector.rpn_depth", fits_N | ~level.is_read_N
        for name, head in (("box", self.box), ("mask", self.mask)):
            for index, fits_N in enumerate(head.fits(head.extents()) if head is not None else ()):
                yield f"architecture.detector.{name}[{index}]", fits_N

    def _is_stride(self, stride_N: Ints) -> Bools:
        is_one_N: Bools = np.logical_or.reduce([stride_N == known_N for known_N in self._strides])
        return is_one_N

    def _image(self, multiple_N: Ints) -> Extent:
        """The largest image at test, with what it is padded by."""
        longest_N = self._detector.longest_N
        shorter_N = np.minimum(self._columns.resolution_N, longest_N)
        return Extent(
            height_N=-(-shorter_N // multiple_N) * multiple_N, width_N=-(-longest_N // multiple_N) * multiple_N
        )

    def _levels(self) -> Iterator[Level]:
        detector, last = self._detector, len(self._strides) - 1
        for index, stride_N in enumerate(self._strides):
            is_end_N = stride_N < self._strides[index + 1] if index < last else np.ones_like(detector.is_fpn_N)
            is_read_N = is_end_N & np.where(
                detector.is_fpn_N, stride_N >= detector.stride_N, stride_N == detector.stride_N
            )
            if is_read_N.any():
                yield Level(
                    stage=index,
                    is_read_N=is_read_N,
                    is_pooled_N=is_read_N & (~detector.is_fpn_N | (stride_N >= detector.roi_stride_N)),
                    extent=self._extents[index + 1],
                )
        if detector.is_fpn_N.any():
            one_N = np.ones_like(detector.stride_N)
            coarsest = self._extents[-1].convolved(one_N, 2 * one_N, 0 * one_N)
            yield Level(stage=None, is_read_N=detector.is_fpn_N, is_pooled_N=detector.is_fpn_N, extent=coarsest)

    def _repeated(self) -> StageColumns:
        stages = self._columns.stages
        chosen = stages[0]
        for stage, stride_N in zip(stages[1:], self._strides[1:], strict=True):
            chosen = _where(stride_N == self._detector.rpn_stride_N, stage, chosen)
        deeper_N = chosen.depth_N > 1
        block = _where_block(deeper_N, chosen.rest, chosen.first)
        block = replace(block, padding_N=block.kernel_N // 2)
        depth_N = np.where(
            self._detector.rpn_depth_N > 0, self._detector.rpn_depth_N, np.maximum(1, chosen.depth_N - 1)
        )
        return replace(chosen, depth_N=depth_N, stride_N=np.ones_like(depth_N), first=block, rest=block)

    def _box(self) -> StageChain:
        own = self._detector.box
        return StageChain(
            stages=own or self._columns.stages,
            style=self._columns.style,
            in_extent=Extent.square(self._detector.box_resolution_N),
            in_width_N=self.width_N,
            present=None if own else self._is_beyond,
        )

    def _mask(self) -> StageChain | None:
        if self._detector.mask is None:
            return None
        return StageChain(
            stages=self._detector.mask,
            style=self._columns.style,
            in_extent=Extent.square(self._detector.mask_resolution_N),
            in_width_N=self.width_N,
        )


def _strides(columns: ArchitectureColumns) -> list[Ints]:
    """Pixels of the image between neighbouring features of each stage."""
    strides = [columns.stem_stride_N]
    for stage in columns.stages:
        strides.append(strides[-1] * stage.stride_N)
    return strides[1:]


def _where(chosen_N: Bools, stage: StageColumns, other: StageColumns) -> StageColumns:
    numbers = {
        field.name: np.where(chosen_N, getattr(stage, field.name), getattr(other, field.name))
        for field in fields(StageColumns)
        if field.name not in ("first", "rest", "upsample_N")
    }
    first = _where_block(chosen_N, stage.first, other.first)
    return StageColumns(**numbers, first=first, rest=_where_block(chosen_N, stage.rest, other.rest))


def _where_block(chosen_N: Bools, block: BlockColumns, other: BlockColumns) -> BlockColumns:
    return BlockColumns(
        **{f.name: np.where(chosen_N, getattr(block, f.name), getattr(other, f.name)) for f in fields(BlockColumns)}
    )

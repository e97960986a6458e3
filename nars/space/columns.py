"""Many architectures as columns of numbers, so that costs are computed for all of them at once.

Shapes: N candidates; every array here has shape ``(N,)``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nars.space.architecture import Architecture, Block, BlockStyle, Head, HeadStage, Stage

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockColumns:
    """Shape of one block of a stage in every candidate."""

    kernel_N: Ints
    expansion_N: Floats
    padding_N: Ints
    """Depthwise padding, ``kernel // 2`` where none was forced."""
    groups_N: Ints
    """Groups of an inverted residual's spatial convolution, 0 where it is depthwise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StageColumns:
    """One stage in every candidate."""

    width_N: Ints
    depth_N: Ints
    stride_N: Ints
    squeeze_excite_N: Bools
    fused_N: Bools
    """True where the block is a fused residual, false for an inverted residual."""
    first: BlockColumns
    rest: BlockColumns
    """Meaningless (a copy of ``first``) where the depth is 1."""
    upsample_N: Ints | None = None
    """Factor by which the first block enlarges its input; none where no candidate's does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadColumns:
    """The head of every candidate."""

    width_N: Ints
    expansion_N: Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectorColumns:
    """The detectors of N candidates; all have box stages of their own or none, and all a mask head or none."""

    is_fpn_N: Bools
    stride_N: Ints
    roi_stride_N: Ints
    """Of the finest features that regions are pooled from."""
    fpn_width_N: Ints
    """Channels of the pyramid, 0 without one."""
    rpn_stride_N: Ints
    rpn_depth_N: Ints
    """0 for as many blocks as follow the first of the repeated stage."""
    box: tuple[StageColumns, ...] | None
    mask: tuple[StageColumns, ...] | None
    num_sizes_N: Ints
    """Anchor sizes of all levels together."""
    num_ratios_N: Ints
    box_resolution_N: Ints
    mask_resolution_N: Ints
    regions_N: Ints
    """Regions that the box head runs on at test."""
    detections_N: Ints
    """Detections that the mask head runs on."""
    longest_N: Ints
    """Bound of an image's longer side at test, in pixels."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchitectureColumns:
    """Every number of N architectures that a cost depends on; activations do not, the style is common to all."""

    resolution_N: Ints
    in_channels_N: Ints
    num_classes_N: Ints
    stem_width_N: Ints
    stem_kernel_N: Ints
    stem_stride_N: Ints
    stem_bias_N: Bools
    stages: tuple[StageColumns, ...]
    head: HeadColumns | None
    """None where the candidates are trunks."""
    style: BlockStyle
    detector: DetectorColumns | None = None
    """None for classifiers and trunks."""


def architecture_columns(architectures: Sequence[Architecture]) -> ArchitectureColumns:
    """Columns of architectures that have the same number of stages, the same style, and all a head or none.

    What they may have of a detector is left out, since its costs depend on the recipe too: see `candidate_columns`.

    Raises:
        ValueError: If there is none, or they differ in number of stages, in style, or in having a head.
    """
    shapes = {(len(a.stages), a.style, a.head is None) for a in architectures}
    if len(shapes) != 1:
        raise ValueError(
            f"architectures must agree in number of stages, style, and head or none, got {len(shapes)} kinds"
        )
    ((num_stages, style, _),) = shapes
    return ArchitectureColumns(
        resolution_N=_ints([a.resolution for a in architectures]),
        in_channels_N=_ints([a.in_channels for a in architectures]),
        num_classes_N=_ints([a.num_classes for a in architectures]),
        stem_width_N=_ints([a.stem.width for a in architectures]),
        stem_kernel_N=_ints([a.stem.kernel for a in architectures]),
        stem_stride_N=_ints([a.stem.stride for a in architectures]),
        stem_bias_N=np.array([a.stem.bias for a in architectures]),
        stages=tuple(stage_columns([a.stages[i] for a in architectures]) for i in range(num_stages)),
        head=_head_columns([a.head for a in architectures if a.head is not None]),
        style=style,
    )


def stage_columns(stages: Sequence[Stage]) -> StageColumns:
    """Columns of one stage in every candidate."""
    return StageColumns(
        width_N=_ints([s.width for s in stages]),
        depth_N=_ints([s.depth for s in stages]),
        stride_N=_ints([s.stride for s in stages]),
        squeeze_excite_N=np.array([s.squeeze_excite for s in stages]),
        fused_N=np.array([s.block == "fused_residual" for s in stages]),
        first=_block_columns([s.first for s in stages]),
        rest=_block_columns([s.rest or s.first for s in stages]),
        upsample_N=_ints([s.upsample for s in stages if isinstance(s, HeadStage)])
        if isinstance(stages[0], HeadStage)
        else None,
    )


def _head_columns(heads: Sequence[Head]) -> HeadColumns | None:
    if not heads:
        return None
    return HeadColumns(
        width_N=_ints([h.width for h in heads]),
        expansion_N=np.array([h.expansion for h in heads], dtype=np.float64),
    )


def _block_columns(blocks: Sequence[Block]) -> BlockColumns:
    return BlockColumns(
        kernel_N=_ints([b.kernel for b in blocks]),
        expansion_N=np.array([b.expansion for b in blocks], dtype=np.float64),
        padding_N=_ints([b.kernel // 2 if b.padding is None else b.padding for b in blocks]),
        groups_N=_ints([b.groups or 0 for b in blocks]),
    )


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int64)

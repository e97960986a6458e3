"""Many architectures as columns of numbers, so that costs are computed for all of them at once.

Shapes: N candidates; every array here has shape ``(N,)``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nars.space.architecture import Architecture, Block, BlockStyle, Head, Stage

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


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadColumns:
    """The head of every candidate."""

    width_N: Ints
    expansion_N: Floats


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


def architecture_columns(architectures: Sequence[Architecture]) -> ArchitectureColumns:
    """Columns of architectures that have the same number of stages, the same style, and all a head or none.

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
        stages=tuple(_stage_columns([a.stages[i] for a in architectures]) for i in range(num_stages)),
        head=_head_columns([a.head for a in architectures if a.head is not None]),
        style=style,
    )


def _stage_columns(stages: Sequence[Stage]) -> StageColumns:
    return StageColumns(
        width_N=_ints([s.width for s in stages]),
        depth_N=_ints([s.depth for s in stages]),
        stride_N=_ints([s.stride for s in stages]),
        squeeze_excite_N=np.array([s.squeeze_excite for s in stages]),
        fused_N=np.array([s.block == "fused_residual" for s in stages]),
        first=_block_columns([s.first for s in stages]),
        rest=_block_columns([s.rest or s.first for s in stages]),
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

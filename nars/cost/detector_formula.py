"""Costs of many detectors at once, by closed formula and by part.

Shapes: N candidates; every array has shape ``(N,)``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nars.cost.detector_geometry import DetectorGeometry, Level, detector_geometry
from nars.cost.extent import Extent
from nars.cost.part_formula import Part, block_part, largest, stem_part
from nars.cost.stage_geometry import BlockGeometry, StageChain
from nars.space.columns import ArchitectureColumns, Bools, Ints


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectorParts:
    """Costs of the parts; MACs, params and activations add up, of the maps the largest counts."""

    trunk: Part
    fpn: Part | None
    """None where no candidate has a pyramid."""
    rpn: Part
    box: Part
    """Of all regions at test together."""
    mask: Part | None
    """Of all detections together."""

    @property
    def all(self) -> tuple[Part, ...]:
        """Those that are there, in the order in which they run."""
        return tuple(part for part in (self.trunk, self.fpn, self.rpn, self.box, self.mask) if part is not None)


def detector_parts(columns: ArchitectureColumns) -> DetectorParts:
    """Costs of the parts of N detectors, whose images, regions and detections are as large and many as they may be.

    Beside what a part's own operators read and write, there live the features that a pyramid still has to read, those
    that regions are still to be pooled from, and scores and deltas of anchors until proposals are made of them. Boxes
    and proposals are no feature maps.

    Raises:
        CostError: If a detector cannot be built.
    """
    shape, detector = detector_geometry(columns), columns.detector
    assert detector is not None
    pooled_N = np.add.reduce([_features(shape, level) * level.is_pooled_N for level in shape.levels])
    return DetectorParts(
        trunk=_trunk(columns, shape),
        fpn=_fpn(columns, shape) if detector.is_fpn_N.any() else None,
        rpn=_rpn(columns, shape),
        box=_box(columns, shape, detector.regions_N, pooled_N),
        mask=None if shape.mask is None else _mask(columns, shape.mask, detector.detections_N, pooled_N),
    )


def _features(shape: DetectorGeometry, level: Level) -> Ints:
    """Elements of a level's features, 0 where it is not there."""
    elements_N: Ints = level.is_read_N * shape.width_N * level.extent.pixels_N
    return elements_N


def _trunk(columns: ArchitectureColumns, shape: DetectorGeometry) -> Part:
    """Stem and stages; what a pyramid reads stays."""
    assert columns.detector is not None
    is_read = {level.stage: level.is_read_N & columns.detector.is_fpn_N for level in shape.levels}
    parts = [stem_part(columns, shape.trunk)]
    nothing_N = kept_N = np.zeros_like(shape.width_N)
    for index, blocks in enumerate(shape.trunk.stages):
        is_kept_N = is_read.get(index - 1, nothing_N > 0)
        for number, block in enumerate(blocks):
            held = replace(block, held_N=block.held_N | is_kept_N) if number == 0 else block
            parts.append(_blocks(held, columns, extra_N=kept_N))
            if number == 0:
                kept_N = kept_N + is_kept_N * block.in_width_N * block.in_extent.pixels_N
    return _together(parts)


def _fpn(columns: ArchitectureColumns, shape: DetectorGeometry) -> Part:
    """From the coarsest level to the finest: 1x1 from the trunk, what is coarser added, 3x3; each with a norm."""
    width_N, stages = shape.width_N, [level for level in shape.levels if level.stage is not None]
    parts = []
    results_N, inner_N = np.zeros_like(width_N), np.zeros_like(width_N)
    for number, level in reversed(list(enumerate(stages))):
        below_N = sum((_below(shape, finer) for finer in stages[:number]), np.zeros_like(width_N))
        here_N, map_N = _below(shape, level), _features(shape, level)
        in_width_N = _in_width(shape, level)
        weights_N = level.is_read_N * (in_width_N * width_N + 9 * width_N**2)
        live_N = below_N + results_N
        maps_N = largest(
            live_N + inner_N + here_N + map_N,  # 1x1
            live_N + inner_N + 2 * map_N,  # its norm; enlarging of the coarser
            (inner_N > 0) * (live_N + 3 * map_N),  # their sum, and the norm of the 3x3 while the sum is kept
        )
        parts.append(
            Part(
                macs_N=weights_N * level.extent.pixels_N,
                params_N=weights_N + level.is_read_N * 4 * width_N,
                activations_N=2 * map_N,
                maps_N=level.is_read_N * maps_N,
            )
        )
        results_N = results_N + map_N
        inner_N = np.where(level.is_read_N, map_N, inner_N)
    pooled_N = results_N + _features(shape, shape.levels[-1])
    assert columns.detector is not None
    total = _together(parts)
    is_fpn_N = columns.detector.is_fpn_N
    return Part(
        macs_N=is_fpn_N * total.macs_N,
        params_N=is_fpn_N * total.params_N,
        activations_N=is_fpn_N * total.activations_N,
        maps_N=is_fpn_N * np.maximum(total.maps_N, pooled_N),
    )


def _in_width(shape: DetectorGeometry, level: Level) -> Ints:
    assert level.stage is not None
    return shape.trunk.widths[level.stage]


def _below(shape: DetectorGeometry, level: Level) -> Ints:
    """Elements of the trunk's features below a level."""
    elements_N: Ints = level.is_read_N * _in_width(shape, level) * level.extent.pixels_N
    return elements_N


def _rpn(columns: ArchitectureColumns, shape: DetectorGeometry) -> Part:
    """Feature extractor, scores and deltas at each level, finest first."""
    outputs_N = 5 * shape.num_anchors_N
    parts = []
    for number, (level, chain) in enumerate(zip(shape.levels, shape.rpn, strict=True)):
        zeros_N = np.zeros_like(outputs_N)
        before = shape.levels[:number]
        extra_N = sum((_features(shape, other) for other in shape.levels[number + 1 :]), zeros_N)
        extra_N = extra_N + sum((_features(shape, other) * other.is_pooled_N for other in before), zeros_N)
        extra_N = extra_N + sum((other.is_read_N * outputs_N * other.extent.pixels_N for other in before), zeros_N)
        own_N = _features(shape, level) * level.is_pooled_N
        (blocks,) = chain.blocks(chain.extents())
        at_level = []
        for block in blocks:
            first = block is blocks[0]
            held = replace(block, held_N=block.held_N | level.is_pooled_N) if first else block
            at_level.append(_blocks(held, columns, extra_N=extra_N if first else extra_N + own_N))
        width_N, pixels_N = blocks[-1].width_N, level.extent.pixels_N
        at_level.append(
            Part(
                macs_N=width_N * outputs_N * pixels_N,
                params_N=(width_N + 1) * outputs_N,
                activations_N=outputs_N * pixels_N,
                maps_N=extra_N + own_N + (width_N + outputs_N) * pixels_N,
            )
        )
        parts.append(_where(level.is_read_N, _together(at_level)))
    # Every level has the same weights.
    return replace(_together(parts), params_N=np.maximum.reduce([part.params_N for part in parts]))


def _box(columns: ArchitectureColumns, shape: DetectorGeometry, regions_N: Ints, pooled_N: Ints) -> Part:
    """Pooling of the regions, the stages, the pool, and two linear layers."""
    kept_N = pooled_N if shape.mask is not None else np.zeros_like(pooled_N)
    stages, width_N, extent = _head_stages(columns, shape.box, regions_N, kept_N)
    outputs_N, scores_N = 5 * columns.num_classes_N + 1, columns.num_classes_N + 1
    last = Part(
        macs_N=regions_N * width_N * outputs_N,
        params_N=(width_N + 1) * outputs_N,
        activations_N=regions_N * outputs_N,
        maps_N=kept_N
        + regions_N
        * largest(
            width_N * extent.pixels_N + width_N,  # pool
            width_N + scores_N,  # scores
            width_N + outputs_N,  # deltas
        ),
    )
    return _together([_pooling(shape.box, regions_N, pooled_N), *stages, last])


def _mask(columns: ArchitectureColumns, chain: StageChain, detections_N: Ints, pooled_N: Ints) -> Part:
    """Pooling of the detections, the stages, and a 1x1 convolution."""
    stages, width_N, extent = _head_stages(columns, chain, detections_N, np.zeros_like(pooled_N))
    pixels_N, classes_N = detections_N * extent.pixels_N, columns.num_classes_N
    last = Part(
        macs_N=width_N * classes_N * pixels_N,
        params_N=(width_N + 1) * classes_N,
        activations_N=classes_N * pixels_N,
        maps_N=(width_N + classes_N) * pixels_N,
    )
    return _together([_pooling(chain, detections_N, pooled_N), *stages, last])


def _pooling(chain: StageChain, regions_N: Ints, pooled_N: Ints) -> Part:
    zeros_N = np.zeros_like(pooled_N)
    maps_N = pooled_N + regions_N * chain.in_width_N * chain.in_extent.pixels_N
    return Part(macs_N=zeros_N, params_N=zeros_N, activations_N=zeros_N, maps_N=maps_N)


def _head_stages(
    columns: ArchitectureColumns, chain: StageChain, regions_N: Ints, extra_N: Ints
) -> tuple[list[Part], Ints, Extent]:
    """Costs of the stages over all regions, and width and extent of what comes out of one."""
    extents = chain.extents()
    blocks = [block for stage in chain.blocks(extents) for block in stage]
    parts = [_blocks(block, columns, extra_N=extra_N, times_N=regions_N) for block in blocks]
    return parts, chain.widths()[-1], extents[-1]


def _blocks(block: BlockGeometry, columns: ArchitectureColumns, *, extra_N: Ints, times_N: Ints | None = None) -> Part:
    """All blocks of one geometry, run on so many regions at once."""
    part = block_part(block, depthwise_norm=columns.style.depthwise_norm)
    runs_N = np.ones_like(extra_N) if times_N is None else times_N
    repeats_N = block.repeats_N
    return Part(
        macs_N=repeats_N * runs_N * part.macs_N,
        params_N=repeats_N * part.params_N,
        activations_N=repeats_N * runs_N * part.activations_N,
        maps_N=(repeats_N > 0) * (runs_N * part.maps_N + extra_N),
    )


def _where(chosen_N: Bools, part: Part) -> Part:
    return Part(
        macs_N=chosen_N * part.macs_N,
        params_N=chosen_N * part.params_N,
        activations_N=chosen_N * part.activations_N,
        maps_N=chosen_N * part.maps_N,
    )


def _together(parts: Sequence[Part]) -> Part:
    return Part(
        macs_N=np.add.reduce([part.macs_N for part in parts]),
        params_N=np.add.reduce([part.params_N for part in parts]),
        activations_N=np.add.reduce([part.activations_N for part in parts]),
        maps_N=np.maximum.reduce([part.maps_N for part in parts]),
    )

"""Whole candidates as columns of numbers, a detector's settings in the recipe included.

Shapes: N candidates; every array here has shape ``(N,)``.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nars.space.architecture import Detector, HeadStage
from nars.space.candidate import Candidate
from nars.space.columns import (
    ArchitectureColumns,
    DetectorColumns,
    Ints,
    StageColumns,
    architecture_columns,
    stage_columns,
)
from nars.space.detection_recipe import DetectionRecipe


def candidate_columns(candidates: Sequence[Candidate]) -> ArchitectureColumns:
    """Columns of candidates whose architectures have one form: see `architecture_columns`; detectors as many stages.

    Raises:
        ValueError: If there is none, or they differ in form.
    """
    columns = architecture_columns([candidate.architecture for candidate in candidates])
    pairs = [(c.architecture.detector, c.recipe.detector, c.architecture.resolution) for c in candidates]
    known = [(detector, recipe, size) for detector, recipe, size in pairs if detector and recipe]
    if not known:
        return columns
    forms = {(len(detector.box or ()), len(detector.mask or ())) for detector, _, _ in known}
    if len(forms) != 1 or len(known) != len(pairs):
        raise ValueError(f"detectors must agree in number of box stages and of mask stages, got {len(forms)} kinds")
    return replace(columns, detector=_detector_columns(known))


def _detector_columns(known: Sequence[tuple[Detector, DetectionRecipe, int]]) -> DetectorColumns:
    detectors, recipes = [detector for detector, _, _ in known], [recipe for _, recipe, _ in known]
    return DetectorColumns(
        is_fpn_N=np.array([d.form == "fpn" for d in detectors]),
        stride_N=_ints([d.stride for d in detectors]),
        roi_stride_N=_ints([d.roi_stride or d.stride for d in detectors]),
        fpn_width_N=_ints([d.fpn_width or 0 for d in detectors]),
        rpn_stride_N=_ints([d.rpn_stride or (16 if d.form == "fpn" else d.stride) for d in detectors]),
        rpn_depth_N=_ints([d.rpn_depth or 0 for d in detectors]),
        box=_head_columns([d.box for d in detectors]),
        mask=_head_columns([d.mask for d in detectors]),
        num_sizes_N=_ints([len(r.anchor_sizes) for r in recipes]),
        num_ratios_N=_ints([len(r.anchor_ratios) for r in recipes]),
        box_resolution_N=_ints([r.box_resolution for r in recipes]),
        mask_resolution_N=_ints([r.mask_resolution for r in recipes]),
        regions_N=_ints([r.post_nms_test for r in recipes]),
        detections_N=_ints([r.detections for r in recipes]),
        longest_N=_ints([r.max_test_size or size for _, r, size in known]),
    )


def _head_columns(heads: Sequence[tuple[HeadStage, ...] | None]) -> tuple[StageColumns, ...] | None:
    stages = [head for head in heads if head is not None]
    return tuple(stage_columns(same) for same in zip(*stages, strict=True)) or None


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int64)

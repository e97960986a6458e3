"""Costs counted on a built detector, by part: what its modules and operators really did, apart from every formula."""

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nars.cost.counter import Counting
from nars.models.detector import TwoStageDetector
from nars.trials.cost import Cost


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectorInput:
    """What a detector is counted with."""

    in_channels: int
    height: int
    """Of the image as the trunk reads it, padding included, in pixels."""
    width: int
    regions: int
    detections: int


def count_detector(detector: TwoStageDetector, given: DetectorInput) -> Cost:
    """Cost of one image through a detector; the detector itself is neither run nor changed.

    Regions stand for those that are pooled from all levels, which one step reads at once.

    Raises:
        CostError: As in `nars.cost.counter.count`.
    """
    heads = detector.roi_heads
    parts = OrderedDict(backbone=detector.backbone, rpn=detector.rpn.head, box=heads.box_head)
    if heads.mask_head is not None:
        parts["mask"] = heads.mask_head
    counting = Counting(nn.ModuleDict(parts))
    backbone, rpn, box = (counting.network[name] for name in ("backbone", "rpn", "box"))  # type: ignore[index]

    def run() -> None:
        levels = list(backbone(torch.empty(1, given.in_channels, given.height, given.width)).values())
        scores, deltas = rpn(levels)
        counting.recorder.read(*scores, *deltas)
        del scores, deltas
        pooled_from = levels[-len(heads.box_roi_pool.strides) :]
        del levels
        classes = box(_pooled(counting, pooled_from, given.regions, heads.box_roi_pool.resolution))
        counting.recorder.read(*classes)
        if heads.mask_head is not None:
            mask = counting.network["mask"]  # type: ignore[index]
            mask(_pooled(counting, pooled_from, given.detections, heads.mask_roi_pool.resolution))

    return counting.of(run)


def _pooled(counting: Counting, levels: list[Tensor], regions: int, resolution: int) -> Tensor:
    pooled = torch.empty(regions, levels[0].shape[1], resolution, resolution)
    counting.recorder.read(*levels)
    return pooled

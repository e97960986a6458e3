"""An architecture and a recipe into a detector of torchvision's parts."""

from functools import partial

from torch import nn

from nars.models.detector.anchors import Anchors, anchors_by_level
from nars.models.detector.layout import detector_layout
from nars.models.detector.parts import (
    build_backbone,
    build_box_head,
    build_mask_head,
    build_rpn_head,
    detector_settings,
)
from nars.models.detector.pooler import RegionPooler
from nars.models.detector.proposals import ProposalNetwork
from nars.models.detector.rcnn import TwoStageDetector
from nars.models.detector.regions import RegionHeads
from nars.models.detector.sizes import check_sizes, image_multiple
from nars.models.detector.transform import DetectorTransform
from nars.space.architecture import Architecture
from nars.space.recipe import Recipe


def build_detector(architecture: Architecture, recipe: Recipe, *, normalize: nn.Module) -> TwoStageDetector:
    """A detector with new weights, drawn from torch's default generator (which a training run seeds).

    Args:
        architecture: Trunk and heads.
        recipe: Norms, stochastic depth, and the detector's settings.
        normalize: From an image in [0, 1] to what the trunk reads, `C x H x W`.

    Raises:
        ModelError: If the recipe has no detector's settings, or the parts do not fit each other.
    """
    settings, layout = detector_settings(recipe), detector_layout(architecture)
    check_sizes(layout, settings)
    sizes = anchors_by_level(settings.anchor_sizes, len(layout.strides))
    pooler = partial(RegionPooler, strides=layout.roi_strides)
    mask_head = build_mask_head(layout, recipe, num_classes=architecture.num_classes)
    return TwoStageDetector(
        transform=DetectorTransform(
            architecture=architecture,
            recipe=settings,
            normalizer=normalize,
            size_divisible=image_multiple(layout),
        ),
        backbone=build_backbone(layout, recipe),
        rpn=ProposalNetwork(
            anchors=Anchors(sizes=sizes, ratios=settings.anchor_ratios, strides=layout.strides),
            head=build_rpn_head(layout, recipe),
            recipe=settings,
        ),
        roi_heads=RegionHeads(
            box_pooler=pooler(resolution=settings.box_resolution),
            box_head=build_box_head(layout, recipe, num_classes=architecture.num_classes),
            mask_pooler=None if mask_head is None else pooler(resolution=settings.mask_resolution),
            mask_head=mask_head,
            recipe=settings,
        ),
    )

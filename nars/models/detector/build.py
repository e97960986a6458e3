"""An architecture and a recipe into a detector."""

from collections.abc import Sequence
from functools import partial

from torch import nn
from torchvision.ops import FeaturePyramidNetwork
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool

from nars.errors import ModelError
from nars.models.detector.anchors import Anchors, anchors_by_level
from nars.models.detector.backbone import C4Backbone, FpnBackbone
from nars.models.detector.heads import BoxHead, MaskHead, RpnHead, initialise_outputs
from nars.models.detector.layout import DetectorLayout, detector_layout
from nars.models.detector.pooler import RegionPooler
from nars.models.detector.proposals import ProposalNetwork
from nars.models.detector.rcnn import TwoStageDetector
from nars.models.detector.regions import RegionHeads
from nars.models.detector.sizes import check_sizes, image_multiple
from nars.models.detector.transform import DetectorTransform
from nars.models.norms import build_norm
from nars.models.trunk import build_blocks, build_stages, build_stem, initialise
from nars.space.architecture import Architecture, Stage
from nars.space.norm import Norm
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
    settings = recipe.detector
    if settings is None:
        raise ModelError("recipe.detector: a detector needs its settings, got none")
    layout = detector_layout(architecture)
    check_sizes(layout, settings)
    norm = settings.head_norm or recipe.norm
    sizes = anchors_by_level(settings.anchor_sizes, len(layout.strides))
    num_anchors = len(sizes[0]) * len(settings.anchor_ratios)
    backbone = _backbone(layout, recipe, norm)
    rpn_head = RpnHead(stages=_blocks(layout, (layout.rpn,), norm), width=layout.rpn.width, num_anchors=num_anchors)
    box_head = BoxHead(
        stages=_blocks(layout, layout.box, norm), width=layout.box[-1].width, num_classes=architecture.num_classes
    )
    mask_head = None
    if layout.mask is not None:
        mask_head = MaskHead(
            stages=_blocks(layout, layout.mask, norm),
            width=layout.mask[-1].width,
            num_classes=architecture.num_classes,
        )
    pooler = partial(RegionPooler, strides=layout.roi_strides)
    detector = TwoStageDetector(
        transform=DetectorTransform(
            architecture=architecture,
            recipe=settings,
            normalizer=normalize,
            size_divisible=image_multiple(layout),
        ),
        backbone=backbone,
        rpn=ProposalNetwork(
            anchors=Anchors(sizes=sizes, ratios=settings.anchor_ratios, strides=layout.strides),
            head=rpn_head,
            recipe=settings,
        ),
        roi_heads=RegionHeads(
            box_pooler=pooler(resolution=settings.box_resolution),
            box_head=box_head,
            mask_pooler=None if mask_head is None else pooler(resolution=settings.mask_resolution),
            mask_head=mask_head,
            recipe=settings,
        ),
    )
    initialise(detector)
    initialise_outputs(rpn_head, box_head)
    return detector


def _backbone(layout: DetectorLayout, recipe: Recipe, norm: Norm) -> C4Backbone | FpnBackbone:
    stem = build_stem(layout.trunk, norm=recipe.norm)
    stages = build_stages(layout.trunk, norm=recipe.norm, stochastic_depth=recipe.stochastic_depth)
    if len(layout.ends) == len(layout.strides):
        return C4Backbone(stem=stem, stages=stages)
    fpn = FeaturePyramidNetwork(
        [layout.trunk.stages[end].width for end in layout.ends],
        layout.width,
        extra_blocks=LastLevelMaxPool(),
        norm_layer=partial(build_norm, norm),
    )
    return FpnBackbone(stem=stem, stages=stages, ends=layout.ends, fpn=fpn)


def _blocks(layout: DetectorLayout, stages: Sequence[Stage], norm: Norm) -> nn.Sequential:
    return build_blocks(stages, layout.trunk.style, in_width=layout.width, norm=norm)

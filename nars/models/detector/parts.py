"""The four networks of a detector, each with new weights: what both backends are put together from."""

from collections.abc import Sequence
from functools import partial

from torch import nn
from torchvision.ops import FeaturePyramidNetwork
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool

from nars.errors import ModelError
from nars.models.detector.anchors import anchors_by_level
from nars.models.detector.backbone import C4Backbone, FpnBackbone
from nars.models.detector.heads import BoxHead, MaskHead, RpnHead
from nars.models.detector.layout import DetectorLayout
from nars.models.norms import build_norm
from nars.models.trunk import build_blocks, build_stages, build_stem, initialise
from nars.space.architecture import Stage
from nars.space.detection_recipe import DetectionRecipe
from nars.space.norm import Norm
from nars.space.recipe import Recipe


def detector_settings(recipe: Recipe) -> DetectionRecipe:
    """The recipe's part that a detector cannot do without.

    Raises:
        ModelError: If there is none.
    """
    if recipe.detector is None:
        raise ModelError("recipe.detector: a detector needs its settings, got none")
    return recipe.detector


def build_backbone(layout: DetectorLayout, recipe: Recipe) -> C4Backbone | FpnBackbone:
    """The trunk, and the pyramid on it where there is one."""
    stem = build_stem(layout.trunk, norm=recipe.norm)
    stages = build_stages(layout.trunk, norm=recipe.norm, stochastic_depth=recipe.stochastic_depth)
    if len(layout.ends) == len(layout.strides):
        c4 = C4Backbone(stem=stem, stages=stages)
        initialise(c4)
        return c4
    pyramid = FeaturePyramidNetwork(
        [layout.trunk.stages[end].width for end in layout.ends],
        layout.width,
        extra_blocks=LastLevelMaxPool(),
        norm_layer=partial(build_norm, head_norm(recipe)),
    )
    backbone = FpnBackbone(stem=stem, stages=stages, ends=layout.ends, fpn=pyramid)
    initialise(backbone)
    return backbone


def build_rpn_head(layout: DetectorLayout, recipe: Recipe) -> RpnHead:
    """The RPN's feature extractor, scores and deltas.

    Raises:
        ModelError: If the anchors' sizes cannot be dealt out evenly over the levels.
    """
    settings = detector_settings(recipe)
    sizes = anchors_by_level(settings.anchor_sizes, len(layout.strides))
    head = RpnHead(
        stages=_blocks(layout, (layout.rpn,), recipe),
        width=layout.rpn.width,
        num_anchors=len(sizes[0]) * len(settings.anchor_ratios),
    )
    initialise(head)
    for layer in (head.objectness, head.deltas):  # as detectron2 draws them
        nn.init.normal_(layer.weight, std=0.01)
    return head


def build_box_head(layout: DetectorLayout, recipe: Recipe, *, num_classes: int) -> BoxHead:
    """The box head, its scores and deltas."""
    head = BoxHead(stages=_blocks(layout, layout.box, recipe), width=layout.box[-1].width, num_classes=num_classes)
    initialise(head)
    nn.init.normal_(head.classes.weight, std=0.01)
    nn.init.normal_(head.deltas.weight, std=0.001)
    return head


def build_mask_head(layout: DetectorLayout, recipe: Recipe, *, num_classes: int) -> MaskHead | None:
    """The mask head and its scores; none in a detector of boxes alone."""
    if layout.mask is None:
        return None
    head = MaskHead(stages=_blocks(layout, layout.mask, recipe), width=layout.mask[-1].width, num_classes=num_classes)
    initialise(head)
    return head


def _blocks(layout: DetectorLayout, stages: Sequence[Stage], recipe: Recipe) -> nn.Sequential:
    return build_blocks(stages, layout.trunk.style, in_width=layout.width, norm=head_norm(recipe))


def head_norm(recipe: Recipe) -> Norm:
    """Of all but the trunk."""
    return detector_settings(recipe).head_norm or recipe.norm

"""A candidate as a detectron2 model: our trunk and heads registered in detectron2, the rest detectron2's own.

detectron2 is imported when first needed. Names of levels are detectron2's: ``p3`` has stride 8.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

from torch import Tensor, nn

from nars.errors import ModelError
from nars.models.detector.anchors import anchors_by_level
from nars.models.detector.layout import DetectorLayout, detector_layout
from nars.models.detector.parts import (
    build_backbone,
    build_box_head,
    build_mask_head,
    build_rpn_head,
    detector_settings,
)
from nars.models.detector.sizes import check_sizes, image_multiple
from nars.space.candidate import Candidate
from nars.space.documents import dump_architecture, dump_recipe, parse_architecture, parse_recipe

INSTALLATION = "https://detectron2.readthedocs.io/en/latest/tutorials/install.html"
_NAMES = (  # ours, theirs; the longer ones first
    ("roi_heads.box_head.classes.", "roi_heads.box_predictor.cls_score."),
    ("roi_heads.box_head.deltas.", "roi_heads.box_predictor.bbox_pred."),
    ("roi_heads.box_head.", "roi_heads.box_head.head."),
    ("roi_heads.mask_head.", "roi_heads.mask_head.head."),
    ("rpn.head.", "proposal_generator.rpn_head.head."),
    ("backbone.", "backbone.body."),
)


def detectron2_defaults() -> Any:
    """detectron2's default ``CfgNode``, with our parts registered and a place for a candidate.

    Raises:
        ModelError: If detectron2 is not installed.
    """
    require_detectron2()
    from detectron2.config import CfgNode, get_cfg

    register_parts()
    cfg = get_cfg()
    cfg.MODEL.NARS = CfgNode({"ARCHITECTURE": "", "RECIPE": ""})
    return cfg


def detectron2_config(candidate: Candidate, *, mean_C: Sequence[float], std_C: Sequence[float]) -> Any:
    """A detectron2 ``CfgNode`` with every setting of a candidate, and the candidate itself.

    Args:
        candidate: A detector.
        mean_C: Of each channel of the training images, in [0, 1].
        std_C: Likewise.

    Raises:
        ModelError: If detectron2 is not installed, or the candidate is no detector that can be built.
    """
    settings, layout = detector_settings(candidate.recipe), detector_layout(candidate.architecture)
    check_sizes(layout, settings)
    cfg = detectron2_defaults()
    cfg.MODEL.NARS.ARCHITECTURE = dump_architecture(candidate.architecture)
    cfg.MODEL.NARS.RECIPE = dump_recipe(candidate.recipe)
    cfg.MODEL.WEIGHTS = ""
    cfg.MODEL.MASK_ON = layout.mask is not None
    cfg.MODEL.PIXEL_MEAN = [255 * mean for mean in mean_C]
    cfg.MODEL.PIXEL_STD = [255 * std for std in std_C]
    cfg.MODEL.BACKBONE.NAME, cfg.MODEL.BACKBONE.FREEZE_AT = "NarsBackbone", 0
    _set_rpn(cfg, candidate, layout)
    _set_regions(cfg, candidate, layout)
    resolution = candidate.architecture.resolution
    cfg.INPUT.FORMAT = "RGB"
    cfg.INPUT.MIN_SIZE_TRAIN = settings.train_sizes or (resolution,)
    cfg.INPUT.MAX_SIZE_TRAIN = settings.max_train_size or max(cfg.INPUT.MIN_SIZE_TRAIN)
    cfg.INPUT.MIN_SIZE_TEST = resolution
    cfg.INPUT.MAX_SIZE_TEST = settings.max_test_size or resolution
    cfg.INPUT.MASK_FORMAT = "bitmask"
    cfg.INPUT.RANDOM_FLIP = "horizontal" if candidate.recipe.flip else "none"
    cfg.SOLVER.IMS_PER_BATCH, cfg.SOLVER.BASE_LR = candidate.recipe.batch_size, candidate.recipe.lr
    return cfg


def _set_rpn(cfg: Any, candidate: Candidate, layout: DetectorLayout) -> None:
    settings = detector_settings(candidate.recipe)
    sizes = anchors_by_level(settings.anchor_sizes, len(layout.strides))
    cfg.MODEL.ANCHOR_GENERATOR.SIZES = [list(map(float, level)) for level in sizes]
    cfg.MODEL.ANCHOR_GENERATOR.ASPECT_RATIOS = [list(settings.anchor_ratios)]
    cfg.MODEL.PROPOSAL_GENERATOR.NAME = "NarsRPN"
    rpn = cfg.MODEL.RPN
    rpn.HEAD_NAME, rpn.IN_FEATURES = "NarsRpnHead", [_level(stride) for stride in layout.strides]
    rpn.IOU_THRESHOLDS = [settings.rpn_iou_low, settings.rpn_iou_high]
    rpn.BATCH_SIZE_PER_IMAGE, rpn.POSITIVE_FRACTION = settings.rpn_batch, settings.rpn_positive
    rpn.PRE_NMS_TOPK_TRAIN, rpn.POST_NMS_TOPK_TRAIN = settings.pre_nms_train, settings.post_nms_train
    rpn.PRE_NMS_TOPK_TEST, rpn.POST_NMS_TOPK_TEST = settings.pre_nms_test, settings.post_nms_test
    rpn.NMS_THRESH, rpn.SMOOTH_L1_BETA = settings.rpn_nms, settings.smooth_l1_beta


def _set_regions(cfg: Any, candidate: Candidate, layout: DetectorLayout) -> None:
    settings = detector_settings(candidate.recipe)
    heads = cfg.MODEL.ROI_HEADS
    heads.NAME, heads.NUM_CLASSES = "NarsROIHeads", candidate.architecture.num_classes
    heads.IN_FEATURES = [_level(stride) for stride in layout.roi_strides]
    heads.IOU_THRESHOLDS, heads.IOU_LABELS = [settings.roi_iou], [0, 1]
    heads.BATCH_SIZE_PER_IMAGE, heads.POSITIVE_FRACTION = settings.roi_batch, settings.roi_positive
    heads.SCORE_THRESH_TEST, heads.NMS_THRESH_TEST = settings.score_threshold, settings.nms
    cfg.MODEL.ROI_BOX_HEAD.NAME, cfg.MODEL.ROI_MASK_HEAD.NAME = "NarsBoxHead", "NarsMaskHead"
    cfg.MODEL.ROI_BOX_HEAD.POOLER_RESOLUTION = settings.box_resolution
    cfg.MODEL.ROI_BOX_HEAD.SMOOTH_L1_BETA = settings.smooth_l1_beta
    cfg.MODEL.ROI_MASK_HEAD.POOLER_RESOLUTION = settings.mask_resolution
    cfg.TEST.DETECTIONS_PER_IMAGE = settings.detections


def candidate_of(cfg: Any) -> Candidate:
    """The candidate that a configuration was made of."""
    return Candidate(
        architecture=parse_architecture(cfg.MODEL.NARS.ARCHITECTURE, source="MODEL.NARS.ARCHITECTURE"),
        recipe=parse_recipe(cfg.MODEL.NARS.RECIPE, source="MODEL.NARS.RECIPE"),
    )


def to_detectron2(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Arrays of our detector under the names of its detectron2 model; what normalises images is left out."""
    return _renamed(state, _NAMES)


def from_detectron2(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Arrays of a detectron2 model under the names of our detector."""
    return _renamed(state, [(theirs, ours) for ours, theirs in _NAMES])


def _renamed(state: Mapping[str, Tensor], starts: Sequence[tuple[str, str]]) -> dict[str, Tensor]:
    """Arrays whose names have one of the starts, with the other in its place; the first start that fits holds."""
    renamed = {}
    for name, array in state.items():
        start = next((pair for pair in starts if name.startswith(pair[0])), None)
        if start is not None:
            renamed[start[1] + name.removeprefix(start[0])] = array
    return renamed


def _level(stride: int) -> str:
    return f"p{stride.bit_length() - 1}"


def require_detectron2() -> None:
    """Says where to find detectron2 where it is missing.

    Raises:
        ModelError: If it is not installed.
    """
    if find_spec("detectron2") is None:
        raise ModelError(f"detectron2 is not installed; it is on no package index: {INSTALLATION} tells how")


@cache
def register_parts() -> None:
    """Puts our parts into detectron2's registries, once."""
    _register_backbone()
    _register_rpn()
    _register_regions()


def _register_backbone() -> None:
    from detectron2.layers import ShapeSpec
    from detectron2.modeling import BACKBONE_REGISTRY, Backbone

    class NarsBackbone(Backbone):  # type: ignore[misc]  # detectron2 is not there for the type checker
        """Our trunk, with or without a pyramid, in detectron2's interface."""

        def __init__(self, cfg: Any, _input_shape: Any) -> None:
            super().__init__()
            candidate = candidate_of(cfg)
            layout = detector_layout(candidate.architecture)
            self.body = build_backbone(layout, candidate.recipe)
            self._multiple = image_multiple(layout)
            self._shapes = {_level(s): ShapeSpec(channels=layout.width, stride=s) for s in layout.strides}

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            return OrderedDict(zip(self._shapes, self.body(x).values(), strict=True))

        def output_shape(self) -> dict[str, Any]:
            return self._shapes

        @property
        def size_divisibility(self) -> int:
            return self._multiple

    BACKBONE_REGISTRY.register(NarsBackbone)


def _register_rpn() -> None:
    from detectron2.modeling import PROPOSAL_GENERATOR_REGISTRY, RPN_HEAD_REGISTRY
    from detectron2.modeling.proposal_generator import RPN

    class NarsRpnHead(nn.Module):
        """Our RPN head in detectron2's interface."""

        def __init__(self, cfg: Any, _input_shape: Any) -> None:
            super().__init__()
            candidate = candidate_of(cfg)
            self.head = build_rpn_head(detector_layout(candidate.architecture), candidate.recipe)

        def forward(self, features: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
            scores, deltas = self.head(features)
            return scores, deltas

    class NarsRPN(RPN):  # type: ignore[misc]  # as above
        """detectron2's RPN with a weight for each of its losses."""

        @classmethod
        def from_config(cls, cfg: Any, input_shape: Any) -> dict[str, Any]:
            settings = detector_settings(candidate_of(cfg).recipe)
            weights = {"loss_rpn_cls": settings.objectness_weight, "loss_rpn_loc": settings.rpn_box_weight}
            return {**super().from_config(cfg, input_shape), "loss_weight": weights}

    RPN_HEAD_REGISTRY.register(NarsRpnHead)
    PROPOSAL_GENERATOR_REGISTRY.register(NarsRPN)


def _register_regions() -> None:
    from detectron2.layers import ShapeSpec
    from detectron2.modeling import ROI_BOX_HEAD_REGISTRY, ROI_HEADS_REGISTRY, ROI_MASK_HEAD_REGISTRY
    from detectron2.modeling.roi_heads import BaseMaskRCNNHead, StandardROIHeads

    class NarsBoxHead(nn.Module):
        """The stages of our box head; detectron2's own predictor stands on them."""

        def __init__(self, cfg: Any, _input_shape: Any) -> None:
            super().__init__()
            candidate = candidate_of(cfg)
            layout = detector_layout(candidate.architecture)
            self.head = build_box_head(layout, candidate.recipe, num_classes=candidate.architecture.num_classes)
            del self.head.classes, self.head.deltas
            self.output_shape = ShapeSpec(channels=layout.box[-1].width)

        def forward(self, regions: Tensor) -> Tensor:
            features: Tensor = self.head.features(regions)
            return features

    class NarsMaskHead(BaseMaskRCNNHead):  # type: ignore[misc]  # as above
        """Our mask head with detectron2's loss."""

        def __init__(self, cfg: Any, _input_shape: Any) -> None:
            nn.Module.__init__(self)
            candidate = candidate_of(cfg)
            layout = detector_layout(candidate.architecture)
            head = build_mask_head(layout, candidate.recipe, num_classes=candidate.architecture.num_classes)
            assert head is not None
            self.head = head
            self.vis_period, self.loss_weight = 0, detector_settings(candidate.recipe).mask_weight

        def layers(self, x: Tensor) -> Tensor:
            scores: Tensor = self.head(x)
            return scores

    class NarsROIHeads(StandardROIHeads):  # type: ignore[misc]  # as above
        """detectron2's heads with a weight for each of their losses."""

        @classmethod
        def _init_box_head(cls, cfg: Any, input_shape: Any) -> dict[str, Any]:
            parts: dict[str, Any] = super()._init_box_head(cfg, input_shape)
            settings = detector_settings(candidate_of(cfg).recipe)
            weights = {"loss_cls": settings.class_weight, "loss_box_reg": settings.box_weight}
            parts["box_predictor"].loss_weight = weights
            return parts

    ROI_BOX_HEAD_REGISTRY.register(NarsBoxHead)
    ROI_MASK_HEAD_REGISTRY.register(NarsMaskHead)
    ROI_HEADS_REGISTRY.register(NarsROIHeads)


def build_detectron2(cfg: Any, state: Mapping[str, Tensor] | None = None) -> nn.Module:
    """The model of a configuration, with new weights or with those of our detector.

    Args:
        cfg: As `detectron2_config` makes it.
        state: Arrays of `nars.models.detector.build_detector`'s detector of the same candidate.
    """
    from detectron2.modeling import build_model

    model: nn.Module = build_model(cfg)
    if state is not None:
        missing, unexpected = model.load_state_dict(to_detectron2(state), strict=False)
        strange = [name for name in missing if not name.startswith(("pixel_", "proposal_generator.anchor_generator."))]
        if strange or unexpected:
            raise ModelError(f"the weights are not of this candidate: {(strange + unexpected)[0]}")
    return model

"""The detector's part of the training recipe; its defaults are d2go's (reference/fbnetv3.md section 3.3)."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from nars.space.norm import Norm

Count = Annotated[int, Field(ge=1)]
Pixels = Annotated[int, Field(ge=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0)]
Sizes = Annotated[tuple[Pixels, ...], Field(min_length=1)]
Ratios = Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=1)]


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectionRecipe:
    """How one detector is trained and run. IoU is the overlap of two boxes over their union."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    box_resolution: Annotated[int, Field(ge=1)] = 6
    """Height and width to which each region is pooled for the box head."""
    mask_resolution: Annotated[int, Field(ge=1)] = 14
    """Height and width to which each region is pooled for the mask head."""
    anchor_sizes: Sizes = (32, 64, 96, 128, 160)
    """Square roots of the anchors' areas in pixels, small to large; dealt out evenly over the levels of a pyramid."""
    anchor_ratios: Ratios = (0.5, 1.0, 2.0)
    """Heights over widths of the anchors."""
    rpn_iou_low: Fraction = 0.3
    """An anchor that overlaps every object less is background."""
    rpn_iou_high: Fraction = 0.7
    """An anchor that overlaps an object at least as much is that object; those in between are left out."""
    roi_iou: Fraction = 0.5
    """A region that overlaps an object at least as much is that object, else it is background."""
    rpn_batch: Count = 256
    """Anchors of an image that the RPN learns from."""
    rpn_positive: Fraction = 0.5
    """Largest share of objects among them."""
    roi_batch: Count = 512
    """Regions of an image that the heads learn from."""
    roi_positive: Fraction = 0.25
    """Largest share of objects among them."""
    pre_nms_train: Count = 2000
    """Proposals of each level before non-maximum suppression, while training."""
    post_nms_train: Count = 2000
    """Proposals of an image after it, while training."""
    pre_nms_test: Count = 1000
    post_nms_test: Count = 30
    """Regions that the box head runs on at test."""
    rpn_nms: Fraction = 0.7
    """Of two proposals that overlap more, the less likely one is dropped."""
    nms: Fraction = 0.5
    """Of two detections of a class that overlap more, the less likely one is dropped."""
    score_threshold: Fraction = 0.05
    """Detections less likely are dropped."""
    detections: Count = 100
    """Most detections of an image; the mask head runs on each."""
    train_sizes: Sizes | None = None
    """Shorter sides of training images in pixels, one drawn for each image; none is the architecture's resolution."""
    max_train_size: Pixels | None = None
    """Bound of their longer side; none is the shorter side: images fit into a square."""
    max_test_size: Pixels | None = None
    """Bound of the longer side at test, whose shorter side is the architecture's resolution; none is that."""
    scale_low: Annotated[float, Field(gt=0)] = 1.0
    scale_high: Annotated[float, Field(gt=0)] = 1.0
    """Scale jitter: training images are enlarged by a factor drawn between the two."""
    smooth_l1_beta: Weight = 0.0
    """Where the loss of boxes turns from squares to absolute values; 0 has absolute values alone."""
    objectness_weight: Weight = 1.0
    """Weights of the losses: of the RPN's scores, its boxes, then of the heads' classes, boxes and masks."""
    rpn_box_weight: Weight = 1.0
    class_weight: Weight = 1.0
    box_weight: Weight = 1.0
    mask_weight: Weight = 1.0
    head_norm: Norm | None = None
    """Normalisation in FPN, RPN and heads; none is the trunk's."""

    def __post_init__(self) -> None:
        for low, high in (("rpn_iou_low", "rpn_iou_high"), ("scale_low", "scale_high")):
            if getattr(self, low) > getattr(self, high):
                raise ValueError(
                    f"{low} must be <= {high}, got {low}={getattr(self, low)}, {high}={getattr(self, high)}"
                )

"""The figures by which COCO compares detectors."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class CocoFigures:
    """COCO's twelve, each in [0, 1]; none where no object is of that size.

    Precision is averaged over classes and recalls, recall over classes; both over IoU thresholds 0.50 to 0.95 unless
    the name says one. Small objects have up to 32 x 32 pixels, medium ones up to 96 x 96.
    """

    ap: float | None = None
    """Average precision, at most 100 detections an image."""
    ap50: float | None = None
    """At an IoU of 0.50."""
    ap75: float | None = None
    """At an IoU of 0.75."""
    ap_small: float | None = None
    ap_medium: float | None = None
    ap_large: float | None = None
    ar_1: float | None = None
    """Average recall with one detection an image."""
    ar_10: float | None = None
    ar_100: float | None = None
    ar_small: float | None = None
    """With 100 detections an image, as those below."""
    ar_medium: float | None = None
    ar_large: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectionFigures:
    """What a detector reached on one split."""

    boxes: CocoFigures
    masks: CocoFigures | None = None
    """None for a detector of boxes alone."""

"""Two-stage detectors around our trunks: Faster and Mask R-CNN in d2go's C4 and FPN forms, from torchvision's parts."""

from nars.models.detector.build import build_detector
from nars.models.detector.rcnn import TwoStageDetector

__all__ = ["TwoStageDetector", "build_detector"]

"""Images with objects: COCO files, scenes of digits, and their splits."""

from nars.data.detection.masks import Rle
from nars.data.detection.split import DetectionSplit, Target

__all__ = ["DetectionSplit", "Rle", "Target"]

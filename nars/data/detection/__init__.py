"""Images with objects: COCO files, scenes of digits, and their splits."""

from nars.data.detection.masks import Rle
from nars.data.detection.source import inspect_detection_data, load_detection_split, prepare_detection_splits
from nars.data.detection.split import DetectionSplit, Target
from nars.data.detection.splits import DetectionSplits

__all__ = [
    "DetectionSplit",
    "DetectionSplits",
    "Rle",
    "Target",
    "inspect_detection_data",
    "load_detection_split",
    "prepare_detection_splits",
]

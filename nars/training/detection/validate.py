"""What a detector finds in the images of a split, and how good that is."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from nars.data.detection import DetectionSplit
from nars.data.detection.masks import encode_all
from nars.training.detection.coco import Detections, split_figures
from nars.training.device import autocast
from nars.training.trainee import Validation

_INSIDE = 0.5
"""Probability from which on a pixel is in a mask."""


def detect(network: nn.Module, split: DetectionSplit, *, batch_size: int, device: torch.device) -> list[Detections]:
    """Detections in every image of a split; the network is in eval mode afterwards.

    Args:
        network: As `nars.models.detector.build_detector` gives it, on ``device``.
        split: Its targets are not looked at.
        batch_size: Images a step.
        device: Where to compute.
    """
    network.eval()
    found: list[Detections] = []
    with torch.inference_mode():
        for start in range(0, len(split), batch_size):
            rows = range(start, min(start + batch_size, len(split)))
            images = [split.images[row].to(device).float() / 255 for row in rows]
            with autocast(device):
                detected = network(images)
            found.extend(on_host(detections) for detections in detected)
    return found


def validate_detector(
    network: nn.Module, split: DetectionSplit, *, batch_size: int, device: torch.device
) -> Validation:
    """All of COCO's figures; the accuracy is mask AP where the network tells masks, else box AP."""
    return validation_of(split, detect(network, split, batch_size=batch_size, device=device))


def validation_of(split: DetectionSplit, detections: Sequence[Detections]) -> Validation:
    """How good detections of a split are."""
    figures = split_figures(split, detections)
    counted = figures.boxes if figures.masks is None else figures.masks
    # pycocotools' mean of ones may round to a bit more than one
    return Validation(loss=None, accuracy=min(counted.ap or 0.0, 1.0), detection=figures)


def on_host(detections: dict[str, Tensor]) -> Detections:
    """One image's detections as the evaluator takes them, masks as run lengths."""
    masks_NHW = detections.get("masks")
    return Detections(
        boxes=detections["boxes"].cpu(),
        labels=detections["labels"].cpu(),
        scores=detections["scores"].float().cpu(),
        masks=None if masks_NHW is None else encode_all((masks_NHW >= _INSIDE).cpu().numpy()),
    )

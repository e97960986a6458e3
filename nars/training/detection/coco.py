"""COCO's figures of detections, counted by pycocotools.

A crowd region takes in any number of detections of its class, which then count neither as right nor as wrong; an
object that lies in one is not missed.
"""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torch import Tensor

from nars.data.detection import DetectionSplit, Rle
from nars.trials import CocoFigures, DetectionFigures

Kind = Literal["bbox", "segm"]
Results = Sequence[dict[str, Any]]
"""Detections as COCO's results files hold them: image, category, score, and ``bbox`` or ``segmentation``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Detections:
    """What a detector found in one image, N objects."""

    boxes: Tensor
    """``N x 4``: x1, y1, x2, y2 in pixels."""
    labels: Tensor
    """``N`` class indices, from 0."""
    scores: Tensor
    """``N``, in [0, 1]."""
    masks: tuple[Rle, ...] | None = None


def split_figures(split: DetectionSplit, detections: Sequence[Detections]) -> DetectionFigures:
    """Figures of detections on a split, of masks too where they have some.

    Args:
        split: The true objects; its images are not looked at.
        detections: Of each image of the split, in its order.
    """
    truth = truth_of_split(split)
    has_masks = any(found.masks is not None for found in detections)
    ids = split.image_ids
    return DetectionFigures(
        boxes=coco_figures(truth, _box_results(ids, detections), "bbox"),
        masks=coco_figures(truth, _mask_results(ids, detections), "segm") if has_masks else None,
    )


def coco_figures(truth: COCO, results: Results, kind: Kind) -> CocoFigures:
    """The twelve figures of boxes or of masks.

    Args:
        truth: As `truth_of_split` or `truth_of_file` gives it.
        results: Detections, with a ``bbox`` for boxes and a ``segmentation`` for masks.
        kind: ``bbox`` or ``segm``.
    """
    with _silence():
        found = truth.loadRes(list(results)) if results else _dataset({**truth.dataset, "annotations": []})
        evaluation = COCOeval(truth, found, kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    # pycocotools writes -1 where there is no object to find
    values = (None if value < 0 else float(value) for value in evaluation.stats)
    return CocoFigures(**{field.name: value for field, value in zip(fields(CocoFigures), values, strict=True)})


def truth_of_file(path: Path) -> COCO:
    """The true objects of an instances file."""
    with _silence():
        return COCO(str(path))


def truth_of_split(split: DetectionSplit) -> COCO:
    """The true objects of a split; categories are class indices."""
    images = [
        {"id": image_id, "height": height, "width": width}
        for image_id, (height, width) in zip(split.image_ids, split.sizes, strict=True)
    ]
    annotations: list[dict[str, Any]] = []
    for image_id, target in zip(split.image_ids, split.targets, strict=True):
        boxes_N4 = _as_xywh(target.boxes)
        for row in range(len(target)):
            annotation = {
                "id": len(annotations) + 1,  # pycocotools takes 0 for no match
                "image_id": image_id,
                "category_id": int(target.labels[row]),
                "bbox": boxes_N4[row].tolist(),
                "area": float(target.area[row]),
                "iscrowd": int(target.crowd[row]),
            }
            if target.masks is not None:
                annotation["segmentation"] = target.masks[row].as_coco
            annotations.append(annotation)
    labels = sorted({annotation["category_id"] for annotation in annotations})
    categories = [{"id": label} for label in labels]
    with _silence():
        return _dataset({"images": images, "annotations": annotations, "categories": categories})


def _dataset(document: dict[str, Any]) -> COCO:
    truth = COCO()
    truth.dataset = document
    truth.createIndex()
    return truth


def _box_results(image_ids: Sequence[int], detections: Sequence[Detections]) -> Results:
    return [
        {"image_id": image_id, "category_id": label, "score": score, "bbox": box}
        for image_id, found in zip(image_ids, detections, strict=True)
        for label, score, box in zip(
            found.labels.tolist(), found.scores.tolist(), _as_xywh(found.boxes).tolist(), strict=True
        )
    ]


def _mask_results(image_ids: Sequence[int], detections: Sequence[Detections]) -> Results:
    return [
        {"image_id": image_id, "category_id": label, "score": score, "segmentation": mask.as_coco}
        for image_id, found in zip(image_ids, detections, strict=True)
        for label, score, mask in zip(found.labels.tolist(), found.scores.tolist(), found.masks or (), strict=True)
    ]


def _as_xywh(boxes_N4: Tensor) -> np.ndarray[Any, np.dtype[np.float64]]:
    boxes = boxes_N4.double().cpu().numpy()
    return np.column_stack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]])


def _silence() -> contextlib.AbstractContextManager[io.StringIO]:
    """Keeps what pycocotools tells of its progress from the standard output."""
    return contextlib.redirect_stdout(io.StringIO())

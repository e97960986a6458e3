import json
import os
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
import torch

from nars.data.detection import DetectionSplit, Rle, Target
from nars.data.detection.masks import encode
from nars.training.detection.coco import Detections, coco_figures, split_figures, truth_of_file, truth_of_split

ALL = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]


def square(x: int, y: int, side: int) -> tuple[list[float], Rle]:
    mask = np.zeros((100, 100), dtype=bool)
    mask[y : y + side, x : x + side] = True
    return [x, y, x + side, y + side], encode(mask)


def target(*objects: tuple[int, int, int], crowd: tuple[bool, ...] = ()) -> Target:
    """Squares of one class."""
    squares = [square(*shape) for shape in objects]
    return Target(
        boxes=torch.tensor([box for box, _ in squares], dtype=torch.float32).reshape(-1, 4),
        labels=torch.zeros(len(squares), dtype=torch.int64),
        crowd=torch.tensor(crowd or [False] * len(squares), dtype=torch.bool),
        area=torch.tensor([float(side * side) for *_, side in objects]),
        masks=tuple(mask for _, mask in squares),
    )


def split(*targets: Target) -> DetectionSplit:
    return DetectionSplit(
        images=(), targets=targets, image_ids=tuple(range(len(targets))), sizes=((100, 100),) * len(targets)
    )


def detections(*found: tuple[int, int, int, float]) -> Detections:
    squares = [square(*shape) for *shape, _ in found]
    return Detections(
        boxes=torch.tensor([box for box, _ in squares], dtype=torch.float32).reshape(-1, 4),
        labels=torch.zeros(len(squares), dtype=torch.int64),
        scores=torch.tensor([score for *_, score in found]),
        masks=tuple(mask for _, mask in squares),
    )


@pytest.mark.skipif("NARS_DATA" not in os.environ, reason="NARS_DATA names no folder of public data")
@pytest.mark.parametrize("kind", ["bbox", "segm"])
def test_the_figures_of_the_reference_evaluator(kind, capsys):
    folder = Path(os.environ["NARS_DATA"]) / "coco_evaluator"
    truth = truth_of_file(folder / "instances_val2014_100.json")
    results = json.loads((folder / f"instances_val2014_fake{kind}100_results.json").read_text())
    found = coco_figures(truth, results, kind)
    text = (folder / "val2014_fake_eval_res.txt").read_text().split(f"type={kind}")[1].split("type=")[0]
    expected = [float(line.rsplit("=", maxsplit=1)[1]) for line in text.splitlines() if "Average" in line]
    assert len(expected) == 12
    assert [round(value, 3) for value in astuple(found)] == expected
    assert capsys.readouterr().out == ""


def test_a_perfect_detector_of_a_small_and_a_medium_object():
    figures = split_figures(split(target((0, 0, 20), (50, 50, 40))), [detections((0, 0, 20, 0.9), (50, 50, 40, 0.8))])
    for found in (figures.boxes, figures.masks):
        assert astuple(found)[:5] == pytest.approx((1, 1, 1, 1, 1))
        assert found.ap_large is None
        assert found.ar_large is None
        assert found.ar_1 == 0.5
        assert found.ar_10 == 1


def test_the_iou_says_at_how_many_thresholds_a_detection_counts():
    # shifted by 2 of 20 pixels: 18/22 = 0.818 for boxes and for masks, so 7 of 10 thresholds
    figures = split_figures(split(target((10, 10, 20))), [detections((12, 10, 20, 0.9))])
    for found in (figures.boxes, figures.masks):
        assert found.ap == pytest.approx(sum(threshold <= 18 / 22 for threshold in ALL) / 10)
        assert (found.ap50, found.ap75) == pytest.approx((1, 1))


def test_a_wrong_detection_before_the_right_one_halves_the_precision():
    figures = split_figures(split(target((10, 10, 20))), [detections((60, 60, 20, 0.9), (10, 10, 20, 0.8))])
    assert figures.boxes.ap == pytest.approx(0.5)


def test_masks_are_scored_by_their_pixels_and_not_by_their_boxes():
    hollow = np.zeros((100, 100), dtype=bool)
    hollow[10:30, 10:30] = True
    hollow[11:29, 11:29] = False
    found = detections((10, 10, 20, 0.9))
    found = Detections(boxes=found.boxes, labels=found.labels, scores=found.scores, masks=(encode(hollow),))
    figures = split_figures(split(target((10, 10, 20))), [found])
    assert figures.boxes.ap == pytest.approx(1)
    assert figures.masks.ap == 0  # 76 of 400 pixels


def test_detections_in_a_crowd_count_neither_way():
    truth = target((0, 0, 20), (40, 40, 50), crowd=(False, True))
    crowded = detections((45, 45, 20, 0.95), (65, 65, 20, 0.93), (0, 0, 20, 0.9))
    figures = split_figures(split(truth), [crowded])
    assert (figures.boxes.ap, figures.masks.ap) == pytest.approx((1, 1))
    plain = split_figures(split(target((0, 0, 20))), [crowded])
    assert plain.boxes.ap == pytest.approx(1 / 3)


def test_a_detector_that_finds_nothing_and_a_split_without_objects():
    nothing = split_figures(split(target((0, 0, 20))), [detections()])
    assert (nothing.boxes.ap, nothing.masks.ap, nothing.boxes.ar_100) == (0, 0, 0)
    empty = split_figures(split(target()), [detections((0, 0, 20, 0.5))])
    assert empty.boxes.ap is None


def test_the_truth_of_a_split_and_of_its_file_are_the_same(tmp_path):
    ours = truth_of_split(split(target((0, 0, 20), (40, 40, 50), crowd=(False, True))))
    for annotation in ours.dataset["annotations"]:
        annotation["segmentation"]["counts"] = annotation["segmentation"]["counts"].decode()
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(ours.dataset))
    results = [{"image_id": 0, "category_id": 0, "score": 0.5, "bbox": [1, 0, 20, 20]}]
    assert coco_figures(truth_of_file(path), results, "bbox") == coco_figures(ours, results, "bbox")

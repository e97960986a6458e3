from dataclasses import fields

import pytest

from nars.space.detection_recipe import DetectionRecipe
from nars.training.detection.applied import read_detector_applied
from tests.training.detection.tiny import parts

KNOBS = {
    "box_resolution": 5,
    "anchor_sizes": (16, 30),
    "anchor_ratios": (2.0,),
    "rpn_iou_low": 0.2,
    "rpn_iou_high": 0.8,
    "roi_iou": 0.6,
    "rpn_batch": 31,
    "rpn_positive": 0.4,
    "roi_batch": 15,
    "roi_positive": 0.3,
    "pre_nms_train": 39,
    "post_nms_train": 19,
    "pre_nms_test": 19,
    "post_nms_test": 9,
    "rpn_nms": 0.6,
    "nms": 0.4,
    "score_threshold": 0.1,
    "detections": 50,
    "train_sizes": (40, 48),
    "max_train_size": 64,
    "max_test_size": 64,
    "smooth_l1_beta": 0.5,
    "objectness_weight": 2.0,
    "rpn_box_weight": 2.0,
    "class_weight": 2.0,
    "box_weight": 2.0,
    "head_norm": "GN",
}


@pytest.mark.parametrize(("knob", "value"), list(KNOBS.items()))
def test_every_knob_shows_in_what_was_applied(knob, value):
    plain = read_detector_applied(parts())
    assert read_detector_applied(parts(detector={knob: value})).fingerprint != plain.fingerprint


def test_the_tables_have_every_knob():
    in_the_model = {"scale_low", "scale_high"}  # below: each alone has no effect
    of_masks = {"mask_resolution", "mask_weight"}
    assert set(KNOBS) == {field.name for field in fields(DetectionRecipe)} - in_the_model - of_masks
    jittered = read_detector_applied(parts(detector={"scale_low": 0.8, "scale_high": 1.2}))
    assert jittered.fingerprint != read_detector_applied(parts()).fingerprint


def test_settings_of_masks_show_where_there_are_masks():
    plain = read_detector_applied(parts(with_masks=True))
    for change in ({"mask_resolution": 8}, {"mask_weight": 2.0}):
        assert read_detector_applied(parts(with_masks=True, detector=change)).fingerprint != plain.fingerprint


def test_augmentation_and_losses_in_words():
    applied = read_detector_applied(parts(flip=True, crop=0.5, ema=0.9, detector={"box_weight": 2.0}))
    assert applied.augmentation.startswith("Crop(scale=(0.5, 1.0)) -> Flip() -> resize(train=(48,), test=48")
    assert "box_weight=2.0" in applied.regularisation
    assert "WeightAverage(decay=0.9)" in applied.regularisation
    assert applied == read_detector_applied(parts(1, flip=True, crop=0.5, ema=0.9, detector={"box_weight": 2.0}))

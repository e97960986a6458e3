import pytest

from nars.errors import SpaceError
from tests.space.detection import MASK_TEXT, TEXT, detection_space
from tests.space.spaces import TEXT as CLASSIFIERS
from tests.space.spaces import small_space


def test_the_task_of_a_space():
    plain, boxes, masks = small_space(), detection_space(), detection_space(MASK_TEXT)
    assert (plain.task, plain.is_detection, plain.has_masks) == ("classification", False, False)
    assert (boxes.task, boxes.is_detection, boxes.has_masks) == ("detection", True, False)
    assert (masks.task, masks.is_detection, masks.has_masks) == ("instance_segmentation", True, True)


DETECTOR = TEXT[TEXT.index("  detector:\n    form") : TEXT.index("recipe:")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (TEXT.replace("task: detection", "task: detektion"), "unknown task 'detektion'; did you mean 'detection'? @ $.task"),
        (TEXT.replace("task: detection\n", ""), "source must be digits or image_folder for task classification, got 'digit_scenes' @ $.data.source"),
        (TEXT.replace("task: detection\n", ""), "detector has no effect in task classification; say task: detection or instance_segmentation @ $.task"),
        (TEXT.replace("data: {source: digit_scenes", "data: {source: digits"), "scenes are for digit_scenes, got source=digits @ $.data"),
        (TEXT.replace("task: detection", "task: instance_segmentation"), "mask is required for task instance_segmentation @ $.architecture.detector.mask"),
        (MASK_TEXT.replace("task: instance_segmentation", "task: detection"), "mask has no effect in task detection; say task: instance_segmentation @ $.task"),
        (TEXT.replace(DETECTOR, ""), "detector is required for task detection @ $.architecture.detector"),
        ("task: detection\n" + CLASSIFIERS, "source must be coco or digit_scenes for task detection, got 'digits' @ $.data.source"),
        (TEXT.replace("source: digit_scenes, scenes: {train: 8, val: 4, test: 4, pixels: 48}", "source: coco, path: x"), "train must be given exactly for coco, got source=coco, train=None @ $.data"),
        (TEXT.replace("source: digit_scenes, scenes: {train: 8, val: 4, test: 4, pixels: 48}", "source: coco, path: x, train: {images: a}"), "is required @ $.data.train.annotations"),
        (TEXT.replace("pixels: 48", "pixels: 8"), "must be greater than or equal to 32, got 8 @ $.data.scenes.pixels"),
    ],
)  # fmt: skip
def test_what_a_task_needs_and_what_has_no_effect_in_it(text, problem):
    with pytest.raises(SpaceError) as caught:
        detection_space(text)
    assert problem in caught.value.problems

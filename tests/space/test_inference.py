"""Settings that change nothing in the weights."""

import pytest

from nars.errors import SpaceError
from nars.space import parse_space
from nars.space.inference import InferenceSettings, inference_grid
from tests.space.detection import TEXT, detection_space
from tests.training.detection.tiny import candidate


def test_a_candidates_own_settings_change_nothing() -> None:
    given = candidate()
    assert InferenceSettings.of(given).applied_to(given) == given


def test_other_sizes_leave_the_training_sizes_as_they_were() -> None:
    given = candidate(detector={"max_train_size": 64})
    (other,) = inference_grid(given, {"resolution": [24], "max_test_size": [48]})
    changed = other.applied_to(given)
    assert changed.architecture.resolution == 24
    assert changed.recipe.detector.max_test_size == 48
    assert changed.recipe.detector.train_sizes == (48,)
    assert changed.recipe.detector.max_train_size == 64
    assert InferenceSettings.of(changed) == other


def test_a_grid_holds_every_combination_and_image_sizes_change_least_often() -> None:
    given = candidate()
    grid = inference_grid(given, {"nms": (0.3, 0.5), "post_nms_test": (3, 10), "resolution": (40, 48)})
    told = [(one.resolution, one.post_nms_test, one.nms) for one in grid]
    assert told == [(r, p, n) for r in (40, 48) for p in (3, 10) for n in (0.3, 0.5)]
    assert {one.score_threshold for one in grid} == {given.recipe.detector.score_threshold}


LISTED = TEXT.replace("box_resolution: 4", "box_resolution: 4\n    nms: {choice: [0.6, 0.4]}")


def test_a_list_is_no_knob_and_candidates_have_its_smallest_value() -> None:
    space, plain = detection_space(LISTED), detection_space(TEXT)
    assert space.swept == {"nms": (0.4, 0.6)}
    assert space.knobs == plain.knobs
    assert space.fixed["recipe.detector.nms"] == 0.4


@pytest.mark.parametrize("domain", ["{low: 0.3, high: 0.6}", "{choice: [0.4, 0.6], when: {optimizer: sgd}}"])
def test_a_range_or_a_condition_is_refused(domain: str) -> None:
    text = TEXT.replace("box_resolution: 4", f"box_resolution: 4\n    nms: {domain}")
    with pytest.raises(SpaceError, match="nms changes nothing in the weights and is not searched"):
        parse_space(text, source="scenes.yaml")

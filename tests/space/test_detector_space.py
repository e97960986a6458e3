"""Detectors in a space file: lists of stages, lists of numbers, and what must fit together."""

from dataclasses import replace

import numpy as np
import pytest

from nars.errors import SpaceError
from nars.space import (
    Candidate,
    Choice,
    DetectionRecipe,
    dump_architecture,
    dump_recipe,
    parse_architecture,
    parse_recipe,
    parse_space,
)
from nars.space.architecture import Block, Detector, HeadStage
from tests.space.detection import MASK_TEXT, TEXT


def problems(text: str) -> str:
    with pytest.raises(SpaceError) as caught:
        parse_space(text, source="test")
    return str(caught.value)


def changed(old: str, new: str, text: str = TEXT) -> str:
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize("text", [TEXT, MASK_TEXT])
def test_candidates_are_encoded_and_written_and_read_again(text: str) -> None:
    space = parse_space(text, source="test").with_data_shape(in_channels=3, num_classes=10)
    candidates = space.sample(30, rng=np.random.default_rng(0))
    assert space.decode(space.encode(candidates)) == candidates
    for candidate in candidates[:3]:
        assert parse_architecture(dump_architecture(candidate.architecture), source="a") == candidate.architecture
        assert parse_recipe(dump_recipe(candidate.recipe), source="r") == candidate.recipe
    assert {candidate.recipe.detector.anchor_sizes for candidate in candidates} == {(16,), (16, 24)}
    assert isinstance(candidates[0].architecture.detector.box[0], HeadStage)


def test_a_choice_of_lists_has_words_codes() -> None:
    (knob,) = (k for k in parse_space(TEXT, source="test").knobs if k.path.endswith("anchor_sizes"))
    assert knob.domain == Choice(((16,), (16, 24)))
    assert not knob.domain.ordered
    assert knob.domain.code((16, 24)) == 1.0


@pytest.mark.parametrize("part", ["box", "mask"])
def test_rest_and_depth_of_a_heads_stages_are_knobs(part: str) -> None:
    stage = "{width: 16, depth: {low: 1, high: 3}, first: {kernel: 3, expansion: 2}, rest: {kernel: 3, expansion: {choice: [2, 3]}}}"
    text = changed("box: [{width: 16, depth: 1, stride: 2, first: {kernel: 3, expansion: 2}}]", f"box: [{stage}]")
    if part == "mask":
        text = changed("{width: 8, depth: 1, upsample: 2, first: {kernel: 3, expansion: 1}}", stage, MASK_TEXT)
    space = parse_space(text, source="test").with_data_shape(in_channels=3, num_classes=10)
    path = f"architecture.detector.{part}[0]"
    knobs = {knob.path: knob for knob in space.knobs}
    assert [c.path for c in knobs[f"{path}.rest.expansion"].conditions] == [f"{path}.depth"]
    heads = [getattr(c.architecture.detector, part)[0] for c in space.sample(30, rng=np.random.default_rng(0))]
    assert {(head.depth > 1) == (head.rest is not None) for head in heads} == {True}
    assert "rest is required where depth may be over 1" in problems(
        text.replace(", rest: {kernel: 3, expansion: {choice: [2, 3]}}", "")
    )


def test_a_recipe_that_says_nothing_of_its_detector_has_d2gos_settings() -> None:
    text = TEXT[: TEXT.index("  detector:\n    box_resolution")] + "search: {trials: 4}\n"
    space = parse_space(text, source="test").with_data_shape(in_channels=3, num_classes=10)
    (candidate,) = space.sample(1, rng=np.random.default_rng(0))
    assert candidate.recipe.detector == DetectionRecipe()


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("box_resolution: 4", "box_resolution: 0", "box_resolution must be >= 1, got 0 @ $.recipe.detector.box_resolution"),
        ("anchor_sizes: {choice: [[16], [16, 24]]}", "anchor_sizes: []", "$.recipe.detector.anchor_sizes"),
        ("anchor_sizes: {choice: [[16], [16, 24]]}", "anchor_sizes: [16, big]", "$.recipe.detector.anchor_sizes"),
        ("anchor_sizes: {choice: [[16], [16, 24]]}", "anchor_sizes: {low: 8, high: 16}", "a range needs a numeric setting; use choice"),
        ("batch_size: 4", "batch_size: 4\n  mixup: 0.2", "mixup has no effect in a detector @ $.recipe.mixup"),
        ("batch_size: 4", "batch_size: 4\n  dropout: {choice: [0.0, 0.1]}", "dropout has no effect in a detector"),
        ("box_resolution: 4", "box_resolution: 4\n    rpn_iou_low: {choice: [0.3, 0.8]}", "rpn_iou_low must be <= rpn_iou_high whatever their values, got up to 0.8 and from 0.7"),
        ("box_resolution: 4", "box_resolution: 4\n    score_threshold: {low: 0.05, high: 0.1}", "score_threshold changes nothing in the weights and is not searched: give one value, or {choice: [...]} without a condition, which is told on the trained detectors @ $.recipe.detector.score_threshold"),
        ("form: c4", "form: c5", "$.architecture.detector.form"),
        ("stride: 8\n    rpn_stride", "strid: 8\n    rpn_stride", "unknown key 'strid'; did you mean 'stride'?"),
        ("box: [{width: 16", "box: [{wide: 16", "unknown key 'wide'"),
        ("box: [{width: 16, depth: 1, stride: 2, first: {kernel: 3, expansion: 2}}]", "box: []", "box must be a list of at least one stage, got [] @ $.architecture.detector.box"),
    ],
)  # fmt: skip
def test_mistakes_are_named_with_their_path(old: str, new: str, line: str) -> None:
    assert line in problems(changed(old, new))


def test_a_resolution_of_test_images_alone_is_not_searched() -> None:
    text = changed("resolution: 48", "resolution: {choice: [48, 64]}")
    assert "architecture.resolution" in [knob.path for knob in parse_space(text, source="test").knobs]
    space = parse_space(changed("box_resolution: 4", "box_resolution: 4\n    train_sizes: [48]", text), source="test")
    assert "architecture.resolution" not in [knob.path for knob in space.knobs]
    assert (space.fixed["architecture.resolution"], space.swept) == (48, {"resolution": (48, 64)})


def test_a_detectors_settings_need_a_detector() -> None:
    start, end = TEXT.index("  detector:\n    form"), TEXT.index("recipe:")
    text = TEXT[:start] + TEXT[end:]
    assert "detector has no effect without architecture.detector @ $.recipe.detector" in problems(text)


def test_architecture_and_recipe_are_both_a_detectors_or_neither() -> None:
    space = parse_space(TEXT, source="test").with_data_shape(in_channels=3, num_classes=10)
    (candidate,) = space.sample(1, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"both architecture.detector and recipe.detector"):
        Candidate(architecture=candidate.architecture, recipe=replace(candidate.recipe, detector=None))
    other = replace(candidate, recipe=replace(candidate.recipe, detector=replace(candidate.recipe.detector, nms=0.4)))
    assert other.id != candidate.id


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"form": "fpn"}, "fpn_width must be given exactly for fpn"),
        ({"fpn_width": 64}, "fpn_width must be given exactly for fpn"),
        ({"roi_stride": 8}, "roi_stride must be left out for c4"),
        ({"form": "fpn", "fpn_width": 64, "stride": 8, "roi_stride": 4}, "roi_stride must be >= stride"),
    ],
)
def test_forms_of_a_detector(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Detector(**settings)


def test_a_stage_does_not_shrink_and_enlarge() -> None:
    with pytest.raises(ValueError, match="upsample must be 1 beside a stride"):
        HeadStage(width=8, depth=1, first=Block(kernel=3, expansion=2), stride=2, upsample=2)


def test_ordered_settings_of_one_recipe() -> None:
    with pytest.raises(ValueError, match="rpn_iou_low must be <= rpn_iou_high"):
        DetectionRecipe(rpn_iou_low=0.8)
    with pytest.raises(ValueError, match="scale_low must be <= scale_high"):
        DetectionRecipe(scale_low=2.0)

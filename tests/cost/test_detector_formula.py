"""The formula of detectors against the counter of the built ones, over random detectors."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from nars.cost.buildable import buildable_candidates
from nars.cost.detector_counter import DetectorInput, count_detector
from nars.cost.detector_formula import detector_parts
from nars.cost.formula import candidate_cost, cost_columns
from nars.cost.latency import LatencyTable
from nars.errors import CostError, ModelError
from nars.models.detector import build_detector
from nars.models.detector.layout import detector_layout
from nars.models.detector.sizes import largest_image
from nars.space.candidate import Candidate
from nars.space.detector_columns import candidate_columns
from nars.space.loader import parse_space
from nars.trials import Cost
from tests.cost.random_detectors import random_detector


def built_cost(candidate: Candidate) -> Cost:
    """Counted on the built detector, at the largest image that the transform may give."""
    recipe, architecture = candidate.recipe.detector, candidate.architecture
    layout = detector_layout(architecture)
    with torch.device("meta"):
        detector = build_detector(architecture, candidate.recipe, normalize=nn.Identity())
    height, width = largest_image(layout, recipe)
    return count_detector(
        detector,
        DetectorInput(
            in_channels=architecture.in_channels,
            height=height,
            width=width,
            regions=recipe.post_nms_test,
            detections=recipe.detections,
        ),
    )


@pytest.mark.parametrize(("seed", "number", "least"), [(0, 50, 2), pytest.param(1, 400, 30, marks=pytest.mark.slow)])
def test_formula_is_the_counter_and_knows_what_can_be_built(seed: int, number: int, least: int) -> None:
    rng = np.random.default_rng(seed)
    built = {"c4": 0, "fpn": 0}
    for _ in range(number):
        candidate = random_detector(rng)
        fits = bool(buildable_candidates(candidate_columns([candidate]))[0])
        if not fits:
            with pytest.raises((ModelError, CostError)):
                built_cost(candidate)
            with pytest.raises(CostError):
                candidate_cost(candidate)
            continue
        assert candidate_cost(candidate) == built_cost(candidate), candidate
        built[candidate.architecture.detector.form] += 1
    assert min(built.values()) >= least, built


SPACE = """
task: instance_segmentation
data: {source: digit_scenes}
architecture:
  resolution: {choice: [48, 64]}
  in_channels: 3
  num_classes: 7
  stem: {width: 8, stride: {choice: [1, 2]}}
  stages:
    - {width: {choice: [8, 16]}, depth: {low: 1, high: 3}, stride: 2,
       first: {kernel: 3, expansion: 2}, rest: {kernel: {choice: [3, 5]}, expansion: 3}}
    - {width: 16, depth: {low: 1, high: 2}, stride: 2, squeeze_excite: {choice: [true, false]},
       first: {kernel: 5, expansion: 2}, rest: {kernel: 3, expansion: 4}}
    - {width: 24, depth: 1, stride: {choice: [1, 2]}, first: {kernel: 3, expansion: 2}}
    - {width: 24, depth: 1, stride: 2, first: {kernel: 3, expansion: 2}}
  head: null
  detector:
    form: {choice: [c4, fpn]}
    stride: {choice: [4, 8]}
    fpn_width: {choice: [8, 16], when: {form: fpn}}
    rpn_stride: 8
    rpn_depth: {choice: [null, 1, 2]}
    mask:
      - {width: 8, depth: {low: 1, high: 2}, stride: 2, first: {kernel: 3, expansion: 2},
         rest: {kernel: 3, expansion: {choice: [2, 3]}}}
      - {width: 8, depth: 1, upsample: {choice: [1, 2]}, first: {kernel: 3, expansion: 2}}
recipe:
  lr: 0.1
  batch_size: 2
  epochs: 1
  detector:
    anchor_sizes: {choice: [[8, 16, 24, 32, 40, 48], [8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52]]}
    anchor_ratios: {choice: [[1.0], [0.5, 1.0, 2.0]]}
    box_resolution: {low: 3, high: 7}
    mask_resolution: 8
    post_nms_test: 10
    detections: 20
    max_test_size: 100
"""


def test_costs_of_codes_are_those_of_the_candidates() -> None:
    space = parse_space(SPACE, source="test")
    codes = space.sample_codes(300, rng=np.random.default_rng(1))
    codes = codes[buildable_candidates(space.columns(codes))]
    assert len(codes) > 100
    costs = cost_columns(space.columns(codes))
    found = zip(costs.macs_N, costs.params_N, costs.activations_N, costs.memory_bytes_N, strict=True)
    candidates = space.decode(codes)
    for (macs, params, activations, memory), candidate in zip(found, candidates, strict=True):
        expected = Cost(macs=macs, params=params, activations=activations, memory_bytes=memory)
        assert candidate_cost(candidate) == expected
    assert candidate_cost(candidates[0]) == built_cost(candidates[0])
    assert {c.architecture.detector.form for c in candidates} == {"c4", "fpn"}


def test_more_regions_cost_more_in_the_box_head_alone() -> None:
    space = parse_space(SPACE, source="test")
    codes = space.sample_codes(300, rng=np.random.default_rng(1))
    candidate = space.decode(codes[buildable_candidates(space.columns(codes))])[0]
    few, many = (
        replace(
            candidate, recipe=replace(candidate.recipe, detector=replace(candidate.recipe.detector, post_nms_test=n))
        )
        for n in (10, 20)
    )
    box = [detector_parts(candidate_columns([c])).box.macs_N[0] for c in (few, many)]
    assert box[1] == 2 * box[0]
    assert candidate_cost(many).macs - candidate_cost(few).macs == box[0]


def test_a_latency_table_is_refused() -> None:
    candidate = parse_space(SPACE, source="test").sample(1, rng=np.random.default_rng(0))[0]
    with pytest.raises(CostError, match="a detector's latency cannot be told from a table"):
        candidate_cost(candidate, table=LatencyTable(device="d", timings={}))

"""A small space of detectors that several tests share."""

from nars.space import SearchSpace, parse_space

TEXT = """\
# Detectors of seconds, for tests.
task: detection
data: {source: digit_scenes, scenes: {train: 8, val: 4, test: 4, pixels: 48}}
architecture:
  resolution: 48
  stem: {width: 8, stride: 4}
  head: null
  stages:
    - width: {choice: [8, 16]}
      depth: 1
      first: {kernel: {choice: [3, 5]}, expansion: 2}
      stride: 2
  detector:
    form: c4
    stride: 8
    rpn_stride: 8
    rpn_depth: 1
    box: [{width: 16, depth: 1, stride: 2, first: {kernel: 3, expansion: 2}}]
recipe:
  optimizer: adamw
  lr: {low: 1e-3, high: 1e-2, log: true}
  batch_size: 4
  epochs: 2
  detector:
    box_resolution: 4
    anchor_sizes: {choice: [[16], [16, 24]]}
    anchor_ratios: [1.0]
    pre_nms_train: 40
    post_nms_train: 20
    pre_nms_test: 20
    post_nms_test: 10
    roi_batch: {choice: [8, 16]}
    rpn_batch: 32
search: {trials: 4, first_round: 2, round_size: 1, final: 1}
"""

MASK_TEXT = TEXT.replace("task: detection", "task: instance_segmentation").replace(
    "recipe:\n", "    mask: [{width: 8, depth: 1, upsample: 2, first: {kernel: 3, expansion: 1}}]\nrecipe:\n", 1
)
"""The same with masks."""


def detection_space(text: str = TEXT) -> SearchSpace:
    """The space of a text."""
    return parse_space(text, source="test.yaml", name="scenes")

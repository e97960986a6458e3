"""A small space that several tests share: one of each kind of knob, conditions, two stages."""

from nars.space import SearchSpace, parse_space

TEXT = """
architecture:
  resolution: {choice: [16, 24]}
  in_channels: 1
  num_classes: 10
  stem: {width: 8, stride: 1}
  stages:
    - width: 8
      depth: 1
      first: {kernel: 3, expansion: 1}
    - width: {low: 8, high: 24, step: 8}
      depth: {low: 1, high: 3}
      first: {kernel: {choice: [3, 5]}, expansion: {low: 2, high: 4, step: 0.5}}
      rest: {kernel: {choice: [3, 5]}, expansion: 2}
      stride: 2
      squeeze_excite: {choice: [true, false]}
  head: {width: 32, expansion: 2}
recipe:
  optimizer: {choice: [sgd, rmsprop, adamw]}
  lr: {low: 1e-3, high: 1, log: true}
  momentum: {choice: [0.8, 0.9]}
  batch_size: 64
  epochs: {low: 2, high: 4}
  ema: {choice: [0.0, 0.9], when: {optimizer: [sgd, adamw]}}
constraints:
  macs: {max: 1e6}
"""


TRUNK_TEXT = TEXT.replace("head: {width: 32, expansion: 2}", "head: null")
"""The same space of trunks."""


def small_space(text: str = TEXT) -> SearchSpace:
    """The space of a text."""
    return parse_space(text, source="test.yaml", name="small")

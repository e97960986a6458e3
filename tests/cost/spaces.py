"""Search spaces whose operators are listed, and the operators of candidates."""

import numpy as np

from nars.cost.geometry import buildable
from nars.cost.operator import operator_columns, operator_of
from nars.space import load_space, parse_space

# Sizes that shrink to nothing, forced paddings, conditions within a stage and from layer to layer.
TANGLED = """\
architecture:
  resolution: {choice: [3, 6, 9]}
  in_channels: 3
  num_classes: 4
  stem: {width: 8, stride: {choice: [1, 4]}}
  stages:
    - width: {choice: [8, 12]}
      depth: {choice: [1, 3]}
      block: {choice: [inverted_residual, fused_residual]}
      first:
        kernel: {choice: [3, 5]}
        expansion: {choice: [1, 1.5], when: {kernel: 3}, otherwise: 2}
        padding: {choice: [0, 1]}
      rest: {kernel: {choice: [3, 5], when: {resolution: [6, 9]}, otherwise: 1}, expansion: 2}
      stride: {choice: [1, 2]}
      activation: {choice: [hswish, relu]}
    - width: {choice: [8, 16], when: {"architecture.stages[0].block": fused_residual}, otherwise: 12}
      depth: {low: 1, high: 2}
      first: {kernel: 5, expansion: 3}
      rest:
        kernel: 3
        expansion: {choice: [1, 4]}
        padding: {choice: [1, 2], when: {"architecture.stages[1].squeeze_excite": true}, otherwise: 1}
      stride: 2
      squeeze_excite: {choice: [true, false]}
  head:
    width: 16
    expansion: {choice: [1, 2], when: {"architecture.stages[0].activation": relu}, otherwise: 3}
  style: {divisor: 4}
recipe: {optimizer: sgd, lr: {low: 0.01, high: 0.1, log: true}, batch_size: 64, epochs: 2}
"""


def tangled_space():
    return parse_space(TANGLED, source="tangled.yaml", name="tangled")


def digits_space():
    return load_space("search_spaces/digits.yaml").with_data_shape(in_channels=1, num_classes=10)


def all_codes(space):
    """Every architecture of a small space (some more than once), each with one recipe."""
    sizes = [knob.domain.size if knob.is_architecture else 1 for knob in space.knobs]
    index_KN = np.indices(sizes).reshape(len(sizes), -1)
    return space.codes_from_unit((index_KN.T + 0.5) / np.array(sizes))


def operators_of(space, codes_NK):
    """The operators of those candidates that can be built."""
    columns = space.columns(codes_NK)
    columns = space.columns(codes_NK[buildable(columns)])
    found = set()
    for operators in operator_columns(columns):
        rows = np.stack(operators.numbers, axis=1)[operators.repeats_N > 0]
        found |= {operator_of(row.tolist()) for row in np.unique(rows, axis=0)}
    return found

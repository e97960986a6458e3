"""A space of seven stages like FBNetV3's, for as long as search_spaces/ holds none; not the paper's ranges."""

TEXT = """\
architecture:
  resolution: {low: 224, high: 320, step: 8}
  in_channels: 3
  num_classes: 1000
  stem: {width: {low: 16, high: 32, step: 8}, bias: true}
  stages:
    - width: {low: 16, high: 32, step: 8}
      depth: {low: 1, high: 4}
      first: {kernel: {choice: [3, 5]}, expansion: 1}
      rest: {kernel: {choice: [3, 5]}, expansion: 1}
    - width: {low: 24, high: 48, step: 8}
      depth: {low: 2, high: 7}
      first: {kernel: {choice: [3, 5]}, expansion: {low: 4, high: 7, step: 1}}
      rest: {kernel: {choice: [3, 5]}, expansion: {low: 2, high: 5, step: 1}}
      stride: 2
    - width: {low: 32, high: 64, step: 8}
      depth: {low: 2, high: 7}
      first: {kernel: {choice: [3, 5]}, expansion: {low: 4, high: 7, step: 1}}
      rest: {kernel: {choice: [3, 5]}, expansion: {low: 2, high: 5, step: 1}}
      stride: 2
      squeeze_excite: true
    - width: {low: 56, high: 96, step: 8}
      depth: {low: 2, high: 8}
      first: {kernel: {choice: [3, 5]}, expansion: {low: 4, high: 7, step: 1}}
      rest: {kernel: {choice: [3, 5]}, expansion: {low: 2, high: 5, step: 1}}
      stride: 2
    - width: {low: 96, high: 160, step: 8}
      depth: {low: 4, high: 10}
      first: {kernel: {choice: [3, 5]}, expansion: {low: 4, high: 7, step: 1}}
      rest: {kernel: {choice: [3, 5]}, expansion: {low: 2, high: 5, step: 1}}
      squeeze_excite: true
    - width: {low: 176, high: 264, step: 8}
      depth: {low: 4, high: 10}
      first: {kernel: {choice: [3, 5]}, expansion: {low: 4, high: 7, step: 1}}
      rest: {kernel: {choice: [3, 5]}, expansion: {low: 4, high: 7, step: 1}}
      stride: 2
      squeeze_excite: true
    - width: {low: 176, high: 288, step: 8}
      depth: 1
      first: {kernel: {choice: [3, 5]}, expansion: {choice: [4, 5, 6]}}
      squeeze_excite: {choice: [true, false]}
  head: {width: 1984, expansion: 6}
recipe:
  optimizer: {choice: [sgd, rmsprop]}
  lr: {low: 0.01, high: 0.3, log: true}
  batch_size: 256
  epochs: 150
"""

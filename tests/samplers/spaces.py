"""Small spaces, trials whose accuracy is a known function, for tests of samplers."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nars.cost.formula import architecture_cost
from nars.space import Candidate, Constraint, SearchSpace, parse_space
from nars.trials import Evaluation, Failure, FailureReason, SearchStage, Trial, TrialState

JOINT = """
name: joint
constraints: {macs: {max: 1.0e5}}
architecture:
  resolution: {choice: [16, 20, 24]}
  in_channels: 1
  num_classes: 10
  stem: {width: {choice: [8, 16]}, stride: 2}
  stages:
    - width: {low: 8, high: 24, step: 8}
      depth: {low: 1, high: 3}
      first: {kernel: {choice: [3, 5]}, expansion: {choice: [1, 2]}}
      rest: {kernel: {choice: [3, 5]}, expansion: {choice: [1, 2]}}
      stride: 2
      squeeze_excite: {choice: [true, false]}
    - width: {low: 16, high: 48, step: 8}
      depth: 1
      first: {kernel: {choice: [3, 5]}, expansion: {choice: [2, 3, 4]}}
      stride: 2
  head: {width: {low: 32, high: 96, step: 32}, expansion: 2}
recipe:
  optimizer: {choice: [sgd, adamw]}
  lr: {low: 1e-3, high: 0.3, log: true}
  momentum: {low: 0.8, high: 0.95}
  batch_size: 32
  epochs: {low: 4, high: 8, step: 2}
  label_smoothing: {choice: [0.0, 0.1]}
search: {round_size: 4}
"""

TINY = """
name: tiny
architecture:
  resolution: {choice: [8, 16]}
  in_channels: 1
  num_classes: 10
  stem: {width: {choice: [4, 8, 12]}}
  stages:
    - {width: 8, depth: 1, first: {kernel: 3, expansion: 1}}
  head: {width: 16, expansion: 1}
recipe: {optimizer: sgd, lr: 0.1, momentum: 0.9, batch_size: 32, epochs: {choice: [2, 4]}}
"""


def joint_space() -> SearchSpace:
    """Architecture and recipe knobs, conditional ones and floats among them; about two fifths meet the bound."""
    return parse_space(JOINT, source="joint.yaml")


def tiny_space() -> SearchSpace:
    """Twelve candidates."""
    return parse_space(TINY, source="tiny.yaml")


def bounded(space: SearchSpace, *constraints: Constraint) -> SearchSpace:
    return replace(space, constraints=constraints)


def accuracy(space: SearchSpace, codes_NK: NDArray[np.float64]) -> NDArray[np.float64]:
    """A fixed additive function of the features, the middle of which is near 0.8."""
    x_ND = space.features(codes_NK)
    weight_D = np.random.default_rng(3).normal(size=x_ND.shape[1])
    return 0.8 + 0.05 * (x_ND - 0.5) @ weight_D


def trials_of(
    space: SearchSpace, candidates: Sequence[Candidate], *, start: int = 0, state: TrialState = TrialState.COMPLETE
) -> list[Trial]:
    values = accuracy(space, space.encode(candidates))
    return [
        Trial(
            number=start + index,
            candidate=candidate,
            stage=SearchStage.COARSE,
            round=0,
            fidelity=1.0,
            seed=0,
            cost=architecture_cost(candidate.architecture),
            state=state,
            evaluation=Evaluation(accuracy=float(value), epochs=candidate.recipe.epochs, curve=())
            if state is TrialState.COMPLETE
            else None,
            failure=Failure(reason=FailureReason.DIVERGED, message="loss is nan")
            if state is TrialState.FAILED
            else None,
        )
        for index, (candidate, value) in enumerate(zip(candidates, values, strict=True))
    ]

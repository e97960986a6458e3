"""A synthetic joint space: accuracy rises with the logarithm of a cost, and depends on more than it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nars.predictors.fitting import Schedule
from nars.predictors.joint import JointPredictor

ARCHITECTURE, RECIPE = 16, 4
ARCHITECTURE_D = np.arange(ARCHITECTURE + RECIPE) < ARCHITECTURE
FAST = Schedule(pretrain_epochs=10, head_epochs=20, joint_epochs=20)
"""For tests that only compare runs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    x_ND: NDArray[np.float64]
    cost_NC: NDArray[np.float64]
    y_N: NDArray[np.float64]


def rows(n: int, *, seed: int) -> Rows:
    rng = np.random.default_rng(seed)
    x_ND = rng.random((n, ARCHITECTURE + RECIPE))
    weights = np.random.default_rng(99)
    cost_AC = weights.normal(size=(ARCHITECTURE, 2))
    own_D = weights.normal(size=ARCHITECTURE + RECIPE)
    log_cost_NC = 3.0 * np.tanh((x_ND[:, :ARCHITECTURE] - 0.5) @ cost_AC)
    y_N = 0.8 + 0.02 * log_cost_NC.sum(axis=1) + 0.01 * (x_ND - 0.5) @ own_D - 0.05 * (x_ND[:, -1] - 0.4) ** 2
    return Rows(x_ND=x_ND, cost_NC=np.exp(10 + log_cost_NC), y_N=y_N)


def predictor(*, seed: int = 0, schedule: Schedule | None = None) -> JointPredictor:
    return JointPredictor(architecture_D=ARCHITECTURE_D, num_costs=2, seed=seed, schedule=schedule)

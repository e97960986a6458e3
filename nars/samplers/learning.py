"""Joint predictors of one space: pretrained on costs once, fitted on what the history teaches.

Shapes: N candidates, C costs.
"""

import numpy as np
from numpy.typing import NDArray

from nars.predictors import JointPredictor
from nars.samplers.bounds import CostBounds
from nars.samplers.history import Observations

Floats = NDArray[np.float64]

_PRETRAINING_SAMPLES = 2048


class Learner:
    """Fits predictors that all start from the same pretrained encoder, a pure function of space and seed."""

    def __init__(self, bounds: CostBounds, *, seed: int) -> None:
        self._bounds = bounds
        self._seed = seed
        self._predictor: JointPredictor | None = None

    def fit(self, observations: Observations) -> JointPredictor:
        """The predictor fitted on everything observed; the next call fits the same object anew."""
        space = self._bounds.space
        if self._predictor is None:
            self._predictor = self._pretrained()
        self._predictor.fit(space.features(space.encode(observations.candidates)), observations.accuracy_N)
        return self._predictor

    def _pretrained(self) -> JointPredictor:
        space = self._bounds.space
        rng = np.random.default_rng([_PRETRAINING_SAMPLES, self._seed])
        codes_NK = self._bounds.buildable(space.sample_codes(_PRETRAINING_SAMPLES, rng=rng))
        costs = self._bounds.costs(codes_NK)
        cost_NC = np.stack([costs.macs_N, costs.params_N, costs.activations_N], axis=1).astype(np.float64)
        predictor = JointPredictor(
            architecture_D=space.architecture_features, num_costs=cost_NC.shape[1], seed=self._seed
        )
        predictor.pretrain(space.features(codes_NK), cost_NC)
        return predictor

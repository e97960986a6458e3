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
_LEAST_ERROR = 1e-3


class Learner:
    """Fits predictors that all start from the same pretrained encoder, a pure function of space and seed."""

    def __init__(self, bounds: CostBounds, *, seed: int) -> None:
        self._bounds = bounds
        self._seed = seed
        self._predictor: JointPredictor | None = None

    def fit(self, observations: Observations) -> JointPredictor:
        """The predictor fitted on everything observed; the next call fits the same object anew.

        It predicts scores, not accuracies; see ``score``.
        """
        space = self._bounds.space
        if self._predictor is None:
            self._predictor = self._pretrained()
        self._predictor.fit(space.features(space.encode(observations.candidates)), score(observations.accuracy_N))
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


def score(accuracy_N: Floats) -> Floats:
    """Minus the decimal logarithm of the error: 0.9 is 1, 0.99 is 2.

    Halving the error counts the same everywhere, so that a few trials that learnt nothing do not drown the differences
    between the good ones. An error counts as 0.001 at least.
    """
    scores_N: Floats = -np.log10(np.maximum(1.0 - accuracy_N, _LEAST_ERROR))
    return scores_N

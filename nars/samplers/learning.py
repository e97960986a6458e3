"""Predictors of one space, fitted on what the history teaches.

Shapes: N candidates, K knobs, D features, C costs.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from nars.predictors import GaussianPredictor, Predictor, accuracy_of, kendall_tau, score
from nars.samplers.bounds import CostBounds
from nars.samplers.history import Observations
from nars.space.settings import PredictorName

if TYPE_CHECKING:
    from nars.predictors.joint import JointPredictor

Floats = NDArray[np.float64]

_NUM_COSTS = 3
"""MACs, params and activations."""
_SAMPLED_COSTS = 2048
"""Random candidates whose costs are learnt from before any training."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Learnt:
    """A fitted predictor, asked by codes."""

    predictor: Predictor
    learner: "Learner"
    costs_rank: float
    """The best Kendall correlation, in size, between the observed scores and a single cost."""

    def score(self, codes_NK: Floats) -> Floats:
        """What the predictor is sure of: its mean less its spread, in the scale that it learns in."""
        mean_N, spread_N = self.predictor.predict_warped(self.learner.inputs(codes_NK))
        return mean_N - spread_N

    def expect(self, codes_NK: Floats) -> Floats:
        """Expected accuracy of each candidate alone, which takes a third of the time of ``predict``."""
        return _accuracy(self.predictor.expect(self.learner.inputs(codes_NK)))

    def predict(self, codes_NK: Floats) -> tuple[Floats, Floats]:
        """Expected accuracy of each candidate, in [0, 1], and its standard deviation."""
        mean_N, spread_N = self.predictor.predict(self.learner.inputs(codes_NK))
        low_N, expected_N, high_N = (_accuracy(told_N) for told_N in (mean_N - spread_N, mean_N, mean_N + spread_N))
        return expected_N, (high_N - low_N) / 2

    @property
    def is_trusted(self) -> bool:
        """Whether candidates that it has not seen are ranked better than by the costs alone."""
        return self.predictor.rank_correlation > max(self.costs_rank, 0.0)


def _accuracy(score_N: Floats) -> Floats:
    """What scores say; far below all that was seen a score is no accuracy any more."""
    accuracy_N: Floats = np.clip(accuracy_of(np.maximum(score_N, 0.0)), 0.0, 1.0)
    return accuracy_N


class Learner:
    """Fits predictors, a pure function of space, seed and observations."""

    def __init__(
        self,
        bounds: CostBounds,
        *,
        seed: int,
        kind: PredictorName = "gaussian",
        prior: GaussianPredictor | None = None,
    ) -> None:
        """A learner.

        Args:
            bounds: The space and its costs.
            seed: Of everything that fits draw.
            kind: Of predictor.
            prior: What another search has learnt (see ``learn_prior``): where predictions start from, or for the neural
                network one more input.
        """
        self._bounds = bounds
        self._seed = seed
        self._kind = kind
        self._prior = prior
        self._joint: JointPredictor | None = None
        self._log_costs: tuple[Floats, Floats] | None = None

    def fit(self, observations: Observations) -> Learnt:
        """A predictor of scores (see `score`), fitted on everything observed."""
        codes_NK = self._bounds.space.encode(observations.candidates)
        score_N = score(observations.accuracy_N)
        predictor = self._unfitted()
        predictor.fit(self.inputs(codes_NK), score_N)
        by_cost = [abs(kendall_tau(cost_N, score_N)) for cost_N in self._standard_costs(codes_NK).T]
        return Learnt(predictor=predictor, learner=self, costs_rank=max(by_cost, default=0.0))

    def learn_prior(self, codes_NK: Floats, accuracy_N: Floats) -> GaussianPredictor:
        """What trials of another search teach of this space; its accuracies may be of other images."""
        predictor = GaussianPredictor(self._bounds.space.feature_layout, num_costs=_NUM_COSTS)
        predictor.fit(self.known_inputs(codes_NK), score(accuracy_N))
        return predictor

    def read_prior(self, path: Path) -> GaussianPredictor:
        """What ``learn_prior`` gave, from its file.

        Raises:
            CheckpointError: If the file is damaged, or is of another space.
        """
        return GaussianPredictor.load(path, self._bounds.space.feature_layout, num_costs=_NUM_COSTS)

    def inputs(self, codes_NK: Floats) -> Floats:
        """What the predictor sees of candidates that can be built, ``N x D``."""
        if self._kind == "gaussian":
            return self.known_inputs(codes_NK)
        features_ND = self._bounds.space.features(codes_NK)  # it has learnt the costs by heart
        if self._prior is None:
            return features_ND
        expected_N = ndtr(self._prior.expect_warped(self.known_inputs(codes_NK)))  # in 0 to 1, as features
        return np.concatenate([features_ND, expected_N[:, None]], axis=1)

    def known_inputs(self, codes_NK: Floats) -> Floats:
        """What is known of candidates without any training, ``N x D``: features, and costs as logarithms."""
        return np.concatenate([self._bounds.space.features(codes_NK), self._standard_costs(codes_NK)], axis=1)

    @property
    def sampled_codes(self) -> Floats:
        """Random candidates from all over the space that can be built, always the same."""
        return self._sampled()[0]

    def _unfitted(self) -> Predictor:
        if self._kind == "gaussian":
            layout = self._bounds.space.feature_layout
            return GaussianPredictor(layout, num_costs=_NUM_COSTS, prior=self._prior)
        if self._joint is None:
            from nars.predictors.joint import JointPredictor

            codes_NK, cost_NC = self._sampled()
            architecture_D = np.append(
                self._bounds.space.architecture_features, [False] * (self._prior is not None)
            ).astype(np.bool_)
            self._joint = JointPredictor(architecture_D=architecture_D, num_costs=_NUM_COSTS, seed=self._seed)
            self._joint.pretrain(self.inputs(codes_NK), cost_NC)
        return self._joint  # a fit starts from the pretrained encoder each time

    def _standard_costs(self, codes_NK: Floats) -> Floats:
        """Logarithms of costs, of mean 0 and standard deviation 1 over the space; a cost that never varies is 0."""
        if self._log_costs is None:
            log_NC = np.log(self._sampled()[1])
            self._log_costs = (log_NC.mean(axis=0), log_NC.std(axis=0))
        mean_C, spread_C = self._log_costs
        if not len(codes_NK):
            return np.empty((0, len(mean_C)))
        varies_C = spread_C > 1e-9
        standard_NC: Floats = (np.log(self._costs(codes_NK)) - mean_C) / np.where(varies_C, spread_C, 1.0) * varies_C
        return standard_NC

    def _sampled(self) -> tuple[Floats, Floats]:
        """Random candidates that can be built, and their costs."""
        rng = np.random.default_rng([_SAMPLED_COSTS, self._seed])
        codes_NK = self._bounds.buildable(self._bounds.space.sample_codes(_SAMPLED_COSTS, rng=rng))
        return codes_NK, self._costs(codes_NK)

    def _costs(self, codes_NK: Floats) -> Floats:
        costs = self._bounds.costs(codes_NK)
        return np.stack([costs.macs_N, costs.params_N, costs.activations_N], axis=1).astype(np.float64)

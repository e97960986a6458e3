"""The coarse stage: each round takes the batch that the predictor expects most from, among new candidates in bounds.

Shapes: N candidates, K knobs, D features.
"""

import copy
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from nars.predictors import GaussianPredictor
from nars.samplers.bounds import CostBounds
from nars.samplers.feasible import fresh, keys, tried_keys
from nars.samplers.front import FrontImprovement
from nars.samplers.guided import Acquisition, GuidedSettings, propose_guided
from nars.samplers.history import Observations, observe
from nars.samplers.improvement import Improvement
from nars.samplers.learning import Learner, Learnt
from nars.samplers.quasi import QuasiProposer, filled, quasi_pool
from nars.space.candidate import Candidate
from nars.space.knobs import Knob
from nars.space.search_space import SearchSpace
from nars.space.settings import PredictorName
from nars.trials import Trial, TrialState, nondominated

Floats = NDArray[np.float64]

_LEADERS = 256
"""Best candidates whose expected values set the bar for the next."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class CoarseSettings:
    """When to be guided, and how far."""

    min_observations: int = 4
    """Below this many ended trials the proposals are quasi random."""
    guided: GuidedSettings = field(default_factory=GuidedSettings)
    """Sizes of the search for the best expectation."""
    exploring_share: float = 0.5
    """Share of a batch that is quasi random while the predictor ranks no better than a single cost."""


class CoarseProposer:
    """FBNetV3's constrained iterative optimisation: propose with the predictor, evaluate, refit on everything."""

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        predictor: PredictorName = "gaussian",
        prior: GaussianPredictor | None = None,
        settings: CoarseSettings | None = None,
    ) -> None:
        self._bounds = CostBounds(space)
        self._quasi = QuasiProposer(space)
        self._learner = Learner(self._bounds, seed=seed, kind=predictor, prior=prior)
        self._prior = prior
        self._settings = settings or CoarseSettings()

    def propose(self, history: Sequence[Trial], n: int, *, rng: np.random.Generator) -> list[Candidate]:
        """The batch of the next round; see ``Proposer.propose``."""
        observations = observe(history)
        if len(observations.accuracy_N) < self._settings.min_observations or np.ptp(observations.accuracy_N) == 0:
            return self._untold(history, n, rng=rng)
        space = self._bounds.space
        known = tried_keys(space, history)
        learnt = self._learner.fit(observations)
        ground = _Ground(self._bounds, self._learner.inputs)
        best_NK, parents = self._best(observations)
        mean_N = learnt.predictor.expect_warped(self._learner.inputs(best_NK))
        running_NK = space.encode([trial.candidate for trial in history if trial.state is TrialState.RUNNING])
        chosen_NK = propose_guided(
            ground,
            learnt.predictor,
            best_NK,
            n - self._chances(n, learnt),
            acquisition=self._acquisition(best_NK, mean_N),
            running_NK=running_NK.reshape(-1, space.num_knobs),
            known=known,
            rng=rng,
            settings=replace(self._settings.guided, parents=max(parents, self._settings.guided.parents)),
        )
        others_NK = quasi_pool(self._bounds, n, rng=rng, known=known | set(keys(chosen_NK)))
        chosen_NK = fresh(np.concatenate([chosen_NK, others_NK]), known)[:n]
        return space.decode(filled(self._bounds, chosen_NK, n, rng=rng, known=known))

    def _untold(self, history: Sequence[Trial], n: int, *, rng: np.random.Generator) -> list[Candidate]:
        """A batch before this search has told anything: quasi random; half of it after another search's best."""
        if self._prior is None:
            return self._quasi.propose(history, n, rng=rng)
        known = tried_keys(self._bounds.space, history)
        codes_NK = self._bounds.meeting(self._learner.sampled_codes)
        mean_N = self._prior.expect_warped(self._learner.known_inputs(codes_NK))
        order = np.argsort(-mean_N, kind="stable")
        chosen_NK = propose_guided(
            _Ground(self._bounds, self._learner.known_inputs),
            copy.deepcopy(self._prior),  # what is assumed of the batch must not stay
            codes_NK[order],
            (n + 1) // 2,
            acquisition=self._acquisition(codes_NK[order], mean_N[order]),
            running_NK=codes_NK[:0],
            known=known,
            rng=rng,
            settings=self._settings.guided,
        )
        others = self._quasi.propose(history, n, rng=rng)
        different_NK = fresh(np.concatenate([chosen_NK, self._bounds.space.encode(others)]), known)
        return self._bounds.space.decode(different_NK[:n])

    def _best(self, observations: Observations) -> tuple[Floats, int]:
        """The best evaluated candidates that meet the constraints, and how many of the first are on the front.

        The most accurate come first, after all that are on the front where costs are to be lowered too.
        """
        space = self._bounds.space
        order = np.argsort(-observations.accuracy_N, kind="stable")
        known_NK = space.encode([observations.candidates[row] for row in order])
        met_N = self._bounds.excess(known_NK) <= 0.0
        best_NK = known_NK[met_N]
        if not space.costs_to_lower:
            return best_NK[:_LEADERS], 0
        on_front_N = nondominated(observations.accuracy_N[order][met_N], self._bounds.log_costs_to_lower(best_NK))
        return np.concatenate([best_NK[on_front_N], best_NK[~on_front_N][:_LEADERS]]), int(on_front_N.sum())

    def _acquisition(self, best_NK: Floats, mean_N: Floats) -> Acquisition:
        """What is to be improved: the best expectation so far, or the front of all of them."""
        least = float(mean_N.min(initial=0.0))
        if not self._bounds.space.costs_to_lower:
            return Improvement(float(mean_N.max(initial=least)))
        allowed_NK = self._bounds.meeting(self._learner.sampled_codes)
        return FrontImprovement(
            self._bounds.log_costs_to_lower,
            allowed_NC=self._bounds.log_costs_to_lower(allowed_NK if len(allowed_NK) else self._learner.sampled_codes),
            known_NC=self._bounds.log_costs_to_lower(best_NK),
            mean_N=mean_N,
            least=least,
        )

    def _chances(self, n: int, learnt: Learnt) -> int:
        """How many of a batch are quasi random: none while the predictor ranks better than the costs alone."""
        if learnt.is_trusted:
            return 0
        _logger.warning(
            "the predictor ranks unseen candidates by %.2f (Kendall's tau), a single cost by %.2f: exploring",
            learnt.predictor.rank_correlation,
            learnt.costs_rank,
        )
        return int(np.ceil(n * self._settings.exploring_share))


class _Ground:
    """A search space and its constraints; see `nars.samplers.guided.Ground`."""

    def __init__(self, bounds: CostBounds, inputs: Callable[[Floats], Floats]) -> None:
        self._bounds = bounds
        self._inputs = inputs

    @property
    def knobs(self) -> tuple[Knob, ...]:
        return self._bounds.space.knobs

    def admitted(self, codes_NK: Floats) -> Floats:
        return self._bounds.meeting(codes_NK)

    def inputs(self, codes_NK: Floats) -> Floats:
        return self._inputs(codes_NK)

"""What each round of the plan proposes: a pure function of space, seed and the rounds before."""

from collections.abc import Sequence

import numpy as np

from nars.predictors import choose_fidelity
from nars.samplers import CostBounds, Learner, evolve, named_proposer, observe
from nars.space import Candidate, SearchSettings, SearchSpace
from nars.study.plan import PlannedRound
from nars.trials import SearchStage, Trial, TrialState

_STARTS = 50
"""Best trials that the fine stage starts from."""


class Proposals:
    """Proposes the candidates of each round, and their fidelity."""

    def __init__(self, space: SearchSpace, settings: SearchSettings, *, seed: int) -> None:
        self._space = space
        self._settings = settings
        self._seed = seed
        self._proposer = named_proposer(space, settings.sampler, seed=seed)
        self._learner = Learner(CostBounds(space), seed=seed)

    def of_round(self, planned: PlannedRound, before: Sequence[Trial]) -> tuple[list[Candidate], float]:
        """Candidates of one round in their order, and the share of their epochs that they get.

        Args:
            planned: The round.
            before: All trials of the rounds before, ended.

        Returns:
            Candidates, none twice; fewer than planned where the space holds no more.

        Raises:
            ExhaustedSpaceError: If the space holds no new candidate for a coarse round.
        """
        rng = np.random.default_rng([planned.index, self._seed])
        if planned.stage is SearchStage.FINAL:
            return self._winners(planned.size, before, rng=rng), 1.0
        return self._proposer.propose(before, planned.size, rng=rng), self.fidelity(before)

    def fidelity(self, before: Sequence[Trial]) -> float:
        """Share of epochs for a coarse round: all in the first, then the least that ranks as the first round did."""
        curves = [
            [record.val_accuracy for record in trial.evaluation.curve]
            for trial in before
            if trial.round == 0 and trial.evaluation is not None and trial.evaluation.curve
        ]
        return choose_fidelity(curves, threshold=self._settings.fidelity_correlation).fidelity if before else 1.0

    def _winners(self, n: int, before: Sequence[Trial], *, rng: np.random.Generator) -> list[Candidate]:
        """The best candidates that are not trained in full yet: tried ones by accuracy, new ones by prediction.

        A prediction counts less its spread, since the best of many predictions is flattered by its luck.
        """
        trained = {trial.candidate.id for trial in before if trial.trained_in_full}
        failed = {trial.candidate.id for trial in before if trial.state is TrialState.FAILED}
        observed = observe(before)
        ranked = [
            (float(accuracy), candidate)
            for candidate, accuracy in zip(observed.candidates, observed.accuracy_N, strict=True)
            if candidate.id not in failed
        ]
        if self._settings.sampler == "nars" and ranked:
            ranked += self._fine_stage(before, n, rng=rng)
        ranked.sort(key=lambda pair: -pair[0])
        unique = {candidate.id: candidate for _, candidate in ranked if candidate.id not in trained | failed}
        return list(unique.values())[:n]

    def _fine_stage(
        self, before: Sequence[Trial], n: int, *, rng: np.random.Generator
    ) -> list[tuple[float, Candidate]]:
        """New candidates of an evolutionary search on the fitted predictor, with cautious predictions."""
        observed = observe(before)
        predictor = self._learner.fit(observed)
        order = np.argsort(-observed.accuracy_N, kind="stable")[:_STARTS]
        starts_NK = self._space.encode([observed.candidates[row] for row in order])
        evolved = evolve(self._space, predictor, starts_NK=starts_NK, rng=rng)
        known = {trial.candidate.id for trial in before}
        mean_N, spread_N = predictor.predict(self._space.features(evolved.codes_PK))
        pairs = zip(mean_N - spread_N, self._space.decode(evolved.codes_PK), strict=True)
        return [(float(score), candidate) for score, candidate in pairs if candidate.id not in known][: max(n, 10)]

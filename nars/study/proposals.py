"""What each round of the plan proposes: a pure function of space, seed and the rounds before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nars.errors import ExperimentError
from nars.predictors import Curve, GaussianPredictor, choose_fidelity, rungs
from nars.predictors.threads import one_blas_thread
from nars.samplers import (
    CostBounds,
    Learner,
    Observations,
    curve_of,
    evolve,
    family,
    named_proposer,
    observe,
)
from nars.space import Candidate, SearchSettings, SearchSpace
from nars.study.plan import PlannedRound
from nars.trials import Cost, FamilyBudget, Rung, SearchStage, Trial, TrialState, nondominated

_STARTS = 50
"""Best trials that the fine stage starts from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """The winner of one budget, as the predictor tells it."""

    maximum: float
    """Of the budget's cost."""
    candidate: Candidate
    cost: Cost
    accuracy: float
    """Expected validation accuracy at ``fidelity``."""
    spread: float
    """Its standard deviation."""
    fidelity: float
    """Share of its epochs that the prediction is for: what all trials learnt from have reached."""


class Proposals:
    """Proposes the candidates of each round, and their fidelity."""

    def __init__(
        self, space: SearchSpace, settings: SearchSettings, *, seed: int, prior: GaussianPredictor | None = None
    ) -> None:
        self._space = space
        self._settings = settings
        self._seed = seed
        self._proposer = named_proposer(space, settings.sampler, seed=seed, predictor=settings.predictor, prior=prior)
        self._bounds = CostBounds(space)
        self._learner = Learner(self._bounds, seed=seed, kind=settings.predictor, prior=prior)

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
        with one_blas_thread():  # the same proposals on any number of cores
            if planned.family is not None:
                return self._untrained(self.family(planned.family, before, rng=rng), before), 1.0
            if planned.stage is SearchStage.FINAL:
                return self._winners(planned.size, before, rng=rng), 1.0
            return self._proposer.propose(before, planned.size, rng=rng), self.fidelity(before)

    def one_now(self, planned: PlannedRound, history: Sequence[Trial]) -> tuple[list[Candidate], float]:
        """One candidate of a coarse round, and its fidelity, while trials are under way.

        Raises:
            ExhaustedSpaceError: If the space holds no new candidate.
        """
        rng = np.random.default_rng([len(history), planned.index, self._seed])
        first = [trial for trial in history if trial.round == 0]
        is_open = any(trial.state is TrialState.RUNNING for trial in first)
        with one_blas_thread():
            return self._proposer.propose(history, 1, rng=rng), 1.0 if is_open else self.fidelity(history)

    def family(
        self, budget: FamilyBudget, before: Sequence[Trial], *, rng: np.random.Generator
    ) -> tuple["Member", ...]:
        """The winner of each maximum of a family; see `nars.samplers.family`."""
        observed = observe(before)
        if not observed.candidates:
            raise ExperimentError("a family needs trials to learn from, none has ended")
        with one_blas_thread():
            learnt = self._learner.fit(observed)
            codes_NK = family(
                self._space,
                learnt,
                cost=budget.cost,
                maxima=budget.maxima,
                starts_NK=self._best_codes(observed),
                rng=rng,
            )
            accuracy_N, spread_N = learnt.predict(codes_NK)
        told = zip(self._space.decode(codes_NK), budget.maxima, accuracy_N, spread_N, strict=True)
        return tuple(
            Member(
                maximum=maximum,
                candidate=candidate,
                cost=self._bounds.cost(candidate),
                accuracy=float(accuracy),
                spread=float(spread),
                fidelity=observed.fidelity,
            )
            for candidate, maximum, accuracy, spread in told
        )

    def fidelity(self, before: Sequence[Trial]) -> float:
        """Share of epochs for a coarse round: all in the first, then the least that ranks as the first round did."""
        if self._settings.early_stop != "rank_correlation" or not before:
            return 1.0
        curves = [curve.accuracies for curve in _curves(trial for trial in before if trial.round == 0)]
        return choose_fidelity(curves, threshold=self._settings.fidelity_correlation).fidelity

    def rungs(self, trial: Trial, before: Sequence[Trial]) -> tuple[Rung, ...]:
        """Where a trial may end early; none in the final stage.

        Args:
            trial: Of the round.
            before: All trials of the rounds before.
        """
        if self._settings.early_stop != "asha" or trial.stage is SearchStage.FINAL:
            return ()
        return rungs(_curves(before))

    def _winners(self, n: int, before: Sequence[Trial], *, rng: np.random.Generator) -> list[Candidate]:
        """Candidates for full training: half of them the best that were tried in part, the others new.

        The best of many predictions is flattered by its luck more than the best of the trials by theirs, so that the
        two are not put in one ranking.
        """
        if self._space.costs_to_lower and self._settings.sampler == "nars":
            return self._front_winners(n, before, rng=rng)
        tried = self._tried(before)
        new = self._fine_stage(before, n, rng=rng) if self._settings.sampler == "nars" else []
        num_tried = max(n - n // 2, n - len(new))
        return (tried[:num_tried] + new)[:n]

    def _front_winners(self, n: int, before: Sequence[Trial], *, rng: np.random.Generator) -> list[Candidate]:
        """Candidates for full training where costs are to be lowered too: winners of budgets all along the front.

        Twice as many budgets are looked at, since some winners were trained in full before.
        """
        observed = observe(before)
        if not observed.candidates:
            return []
        front = [observed.candidates[row] for row in np.flatnonzero(self._on_front(observed))]
        members: list[Member] = []
        for cost in self._space.costs_to_lower:
            there = [float(getattr(self._bounds.cost(candidate), cost)) for candidate in front]
            maxima = tuple(np.unique(np.geomspace(min(there), max(there), 2 * n)).tolist())
            members += self.family(FamilyBudget(cost=cost, maxima=maxima), before, rng=rng)
        found = self._untrained(members, before)
        evenly = (
            [found[row] for row in np.unique(np.linspace(0, len(found) - 1, n).round().astype(int))] if found else []
        )
        others = self._tried(before) + self._fine_stage(before, n, rng=rng)
        return (evenly + [candidate for candidate in others if candidate not in evenly])[:n]

    def _on_front(self, observed: Observations) -> NDArray[np.bool_]:
        codes_NK = self._space.encode(observed.candidates)
        return nondominated(observed.accuracy_N, self._bounds.log_costs_to_lower(codes_NK))

    def _best_codes(self, observed: Observations) -> NDArray[np.float64]:
        """Codes of the best trials, the best first."""
        order = np.argsort(-observed.accuracy_N, kind="stable")[:_STARTS]
        return self._space.encode([observed.candidates[row] for row in order])

    @staticmethod
    def _untrained(members: Sequence["Member"], before: Sequence[Trial]) -> list[Candidate]:
        """Winners that were not trained in full before, each once."""
        done = {trial.candidate.id for trial in before if trial.trained_in_full}
        different = {member.candidate.id: member.candidate for member in members}
        return [candidate for identity, candidate in different.items() if identity not in done]

    def _tried(self, before: Sequence[Trial]) -> list[Candidate]:
        """Candidates that were trained in part, the most accurate first."""
        observed = observe(before)
        done = {t.candidate.id for t in before if t.trained_in_full or t.state is TrialState.FAILED}
        order = np.argsort(-observed.accuracy_N, kind="stable")
        return [observed.candidates[row] for row in order if observed.candidates[row].id not in done]

    def _fine_stage(self, before: Sequence[Trial], n: int, *, rng: np.random.Generator) -> list[Candidate]:
        """New candidates from an evolutionary search on the fitted predictor, those of new architectures first.

        They are ranked by what the predictor is sure of; see ``Learnt.score``.
        """
        observed = observe(before)
        if not observed.candidates:
            return []
        learnt = self._learner.fit(observed)
        starts_NK = self._best_codes(observed)
        ranked = self._space.decode(evolve(self._space, learnt.score, starts_NK=starts_NK, rng=rng).codes_PK)
        known = {trial.candidate.id for trial in before}
        architectures = {trial.candidate.architecture for trial in before}
        fresh, variants = [], []
        for candidate in ranked:
            if candidate.architecture not in architectures:
                architectures.add(candidate.architecture)
                fresh.append(candidate)
            elif candidate.id not in known:
                variants.append(candidate)
        return (fresh + variants)[:n]


def _curves(trials: Iterable[Trial]) -> list[Curve]:
    """Learning curves of the trials that have one."""
    return [curve_of(trial) for trial in trials if trial.evaluation is not None and trial.evaluation.curve]

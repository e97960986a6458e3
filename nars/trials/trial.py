"""One attempt at one candidate, and its durable record."""

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from nars.space.candidate import Candidate
from nars.trials.cost import Cost
from nars.trials.evaluation import Evaluation


class TrialState(StrEnum):
    """Where a trial stands. Complete and failed trials never change again."""

    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"


class SearchStage(StrEnum):
    """Which stage of the search asked for a trial (the fine stage trains nothing)."""

    COARSE = "coarse"
    FINAL = "final"


class FailureReason(StrEnum):
    """Why a trial failed."""

    DIVERGED = "diverged"
    OUT_OF_MEMORY = "out of memory"
    TIMED_OUT = "timed out"
    CRASHED = "crashed worker"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why and how a trial failed."""

    reason: FailureReason
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One attempt at one candidate."""

    number: int
    """Position in the study, from 0, in the order of proposal."""
    candidate: Candidate
    stage: SearchStage
    round: int
    """Index of the round that proposed it, from 0."""
    fidelity: float
    """Share of the recipe's epochs that this trial may train, in (0, 1]; successive halving may end it before."""
    seed: int
    """Seed of initialisation, data order and augmentation; the same for every trial of one candidate."""
    cost: Cost
    state: TrialState
    evaluation: Evaluation | None = None
    """Given exactly when complete."""
    failure: Failure | None = None
    """Given exactly when failed."""
    trained_as: Candidate | None = None
    """Whose weights these are, where ``candidate`` differs from it in settings of inference; never stored."""

    @property
    def epochs(self) -> int:
        """Epochs that this trial may train, from the first."""
        return epoch_at(self.candidate.recipe.epochs, self.fidelity)

    @property
    def reached(self) -> float:
        """Share of the recipe's epochs that were trained; 0 unless complete."""
        if self.evaluation is None:
            return 0.0
        ended_early = self.evaluation.epochs < self.epochs
        return self.evaluation.epochs / self.candidate.recipe.epochs if ended_early else self.fidelity

    @property
    def accuracy(self) -> float:
        """Of a complete trial, on the validation split."""
        assert self.evaluation is not None, "given exactly when complete"
        return self.evaluation.accuracy

    @property
    def served(self) -> tuple["Trial", ...]:
        """This trial, and as it would be under the other settings of inference that it was told under."""
        if self.evaluation is None:
            return (self,)
        others = (
            replace(
                self,
                candidate=inference.settings.applied_to(self.candidate),
                cost=replace(inference.cost, train_macs=self.cost.train_macs),
                evaluation=replace(self.evaluation, accuracy=inference.accuracy),
                trained_as=self.candidate,
            )
            for inference in self.evaluation.inferences
        )
        return (self, *others)

    @property
    def trained_in_full(self) -> bool:
        """Whether the whole recipe was run, so that the weights may be exported."""
        return self.reached == 1.0


def epoch_at(epochs: int, fidelity: float) -> int:
    """Last epoch of a run that gets a share of its epochs: ``ceil(fidelity * epochs)``, at least 1.

    Args:
        epochs: Of the full recipe.
        fidelity: Share of them, in (0, 1].
    """
    # 0.15 * 20 is a little above 3 in floating point and must not become epoch 4.
    return max(1, math.ceil(fidelity * epochs - 1e-9))

"""What an executor asks of an evaluator, and the task that it hands over."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from nars.space.candidate import Candidate
from nars.trials import EpochRecord, Evaluation, Rung, epoch_at


@dataclass(frozen=True, kw_only=True, slots=True)
class GpuShare:
    """What a trial has of a GPU."""

    card: int
    """Index of the GPU."""
    memory_bytes: int | None = None
    """Of its memory; none for all of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialTask:
    """All that a worker needs to know of one trial."""

    number: int
    candidate: Candidate
    fidelity: float
    """Share of the recipe's epochs to train, in (0, 1]."""
    seed: int
    directory: Path
    """Folder of the trial's checkpoints; made if absent."""
    rungs: tuple[Rung, ...] = ()
    """Where the trial ends early if it is less accurate."""
    start_from: Path | None = None
    """Checkpoint folder of an earlier trial of the same candidate, to continue from."""
    share: GpuShare | None = None
    """Where the executor tells trials where to train; see `nars.evaluation.cards`."""

    @property
    def stop_epoch(self) -> int:
        """Number of epochs to train, at least 1, where no rung ends it before."""
        return epoch_at(self.candidate.recipe.epochs, self.fidelity)


class Evaluator(Protocol):
    """Trains and validates candidates.

    It is pickled into each worker process, so it must be cheap to pickle and keep loaded data out of its
    state until `prepare`. It must not start processes through `multiprocessing`: workers are daemonic.
    """

    def prepare(self) -> None:
        """Load libraries and data; called once in each worker process, before its first trial.

        Raises:
            NarsError: If no trial can run, such as a `DataError`; the executor raises it again in the driver.
        """

    def evaluate(self, task: TrialTask, report: Callable[[EpochRecord], None]) -> Evaluation:
        """Train and validate one candidate.

        Args:
            task: The trial.
            report: Called after each epoch, once its checkpoint is on disk.

        Returns:
            The metrics, and the whole learning curve.

        Raises:
            DivergedError: If the loss is not finite or has left every useful range.
            Exception: Anything else fails this trial alone.
        """

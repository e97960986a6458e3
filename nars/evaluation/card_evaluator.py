"""Trains each trial on the GPU that it was given, within its share of the memory."""

from collections.abc import Callable
from dataclasses import dataclass

from nars.evaluation.evaluator import Evaluator, TrialTask
from nars.trials import EpochRecord, Evaluation


@dataclass(kw_only=True, slots=True)
class CardEvaluator:
    """Evaluates as another evaluator does; see `nars.evaluation.evaluator.Evaluator`."""

    evaluator: Evaluator
    """It trains on ``cuda``: the process's current card."""

    def prepare(self) -> None:
        """Load libraries and data."""
        self.evaluator.prepare()

    def evaluate(self, task: TrialTask, report: Callable[[EpochRecord], None]) -> Evaluation:
        """Train and validate one candidate.

        Raises:
            torch.OutOfMemoryError: If its share is too small for it.
            Exception: As the other evaluator.
        """
        from nars.training.device import on_card

        if task.share is None:
            raise ValueError(f"trial {task.number} must have a share of a GPU")
        with on_card(task.share.card, memory_bytes=task.share.memory_bytes):
            return self.evaluator.evaluate(task, report)

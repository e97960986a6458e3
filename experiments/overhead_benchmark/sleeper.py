"""An evaluator that only sleeps; in a module of its own, so that workers can import it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from nars.evaluation import TrialTask
from nars.trials import EpochRecord, Evaluation


@dataclass
class Sleeper:
    """Sleeps where others train."""

    seconds: float

    def prepare(self) -> None:
        pass

    def evaluate(self, task: TrialTask, report: Callable[[EpochRecord], None]) -> Evaluation:  # noqa: ARG002
        time.sleep(self.seconds)
        return Evaluation(accuracy=0.5, epochs=1, curve=())

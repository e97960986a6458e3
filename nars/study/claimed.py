"""A round's trials as tasks for workers, leaving out those that other processes train."""

from collections.abc import Callable, Sequence

from nars.evaluation import TrialTask
from nars.study.study import Study
from nars.trials import Trial


class Claimed:
    """Trials that this process claims, each when a worker asks for it; an iterator that hints how many may be left.

    Args:
        study: Whose trials.
        trials: Unfinished ones of the round.
        task: Of a trial.
    """

    def __init__(self, study: Study, trials: Sequence[Trial], task: Callable[[Study, Trial], TrialTask]) -> None:
        self._study, self._task = study, task
        self._left = list(reversed(trials))

    def __length_hint__(self) -> int:
        return len(self._left)

    def __iter__(self) -> "Claimed":
        return self

    def __next__(self) -> TrialTask:
        while self._left:
            trial = self._left.pop()
            if self._study.begin(trial):
                return self._task(self._study, trial)
        raise StopIteration

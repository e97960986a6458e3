"""Trials that wait for a worker; taken one by one, so that a search may decide on each when a worker is free."""

import operator
from collections import deque
from collections.abc import Iterable

from nars.evaluation.evaluator import TrialTask

_MANY = 1 << 20


class Pending:
    """Tasks in the order given; true while there may be another."""

    def __init__(self, tasks: Iterable[TrialTask]) -> None:
        self._tasks = iter(tasks)
        self._back: deque[TrialTask] = deque()
        self._is_over = False

    def hint(self) -> int:
        """How many there are; many where only asking would tell."""
        return len(self._back) + (0 if self._is_over else operator.length_hint(self._tasks, _MANY))

    def __bool__(self) -> bool:
        return self.hint() > 0

    def take(self) -> TrialTask | None:
        """The next one; none when there are no more."""
        if self._back:
            return self._back.popleft()
        task = None if self._is_over else next(self._tasks, None)
        self._is_over = task is None
        return task

    def put_back(self, task: TrialTask) -> None:
        """The task is the next one again."""
        self._back.appendleft(task)

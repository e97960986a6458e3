"""The GPUs of this machine, shared by trials: which card each worker has, and how much of its memory each trial.

What a trial takes is told from those that ended: memory rises with what is predicted of a training, but never faster,
since all of them hold some memory beside it. So each trial that has told bounds all others, and the least bound counts.
"""

from collections.abc import Callable, Sequence

from nars.evaluation.evaluator import GpuShare, TrialTask
from nars.trials import Evaluation

_FULL = 0.95
"""Share of a card that may be given away."""
_MARGIN = 1.2
"""What a trial may take above what is expected."""
_PROCESS_BYTES = 1 << 30
"""What CUDA itself takes in each process: half of it on the cards of today."""
_SHARE_OF_PROCESSES = 0.25
"""Of a card: more processes than fit into it are not started."""


class Cards:
    """Who uses which card.

    Until a trial has told what it took, each card trains one at a time.

    Attributes:
        crowded: Trials whose part of a card was too small: they get all of one.
    """

    def __init__(
        self, memory_bytes: Sequence[int], *, predicted_bytes: Callable[[TrialTask], int] | None = None
    ) -> None:
        """Cards that nobody uses yet.

        Args:
            memory_bytes: Of each card; at least one.
            predicted_bytes: What a trial takes, up to a factor; none lets any number of trials share a card.
        """
        self._memory_bytes = tuple(memory_bytes)
        self._predicted_bytes = predicted_bytes
        self._workers = [0] * len(self._memory_bytes)
        self._held: dict[int, GpuShare] = {}
        """By the number of the trial."""
        self._predicted: dict[int, int] = {}
        """Of the trials that hold a share."""
        self._told: list[tuple[int, int]] = []
        """Predicted bytes and those taken, of trials that have ended."""
        self.crowded: set[int] = set()

    @property
    def most_workers(self) -> int:
        """Processes that leave most of each card to their trials; at least one a card."""
        if self._predicted_bytes is None:
            return len(self._memory_bytes)
        return sum(max(1, int(have * _SHARE_OF_PROCESSES / _PROCESS_BYTES)) for have in self._memory_bytes)

    def join(self) -> int:
        """A card for a new worker: the one with the fewest."""
        card = min(range(len(self._workers)), key=self._workers.__getitem__)
        self._workers[card] += 1
        return card

    def quit(self, card: int) -> None:
        """A worker has ended."""
        self._workers[card] -= 1

    def share(self, task: TrialTask, card: int) -> GpuShare | None:
        """What a trial gets of a card from now on; none while there is no room. An unused card has room for any."""
        if self._predicted_bytes is None:
            return GpuShare(card=card)
        predicted = self._predicted_bytes(task)
        wanted = self._expected(task.number, predicted)
        there = [share.memory_bytes for share in self._held.values() if share.card == card]
        taken = [held for held in there if held is not None]
        left = self._memory_bytes[card] * _FULL - self._workers[card] * _PROCESS_BYTES - sum(taken)
        if wanted is not None and wanted > left:
            wanted = None  # by itself it has all that there is
        if there and (wanted is None or len(taken) < len(there)):
            return None
        self._held[task.number] = GpuShare(card=card, memory_bytes=wanted)
        self._predicted[task.number] = predicted
        return self._held[task.number]

    def has_part(self, number: int) -> bool:
        """Whether a trial holds a part of its card only."""
        share = self._held.get(number)
        return share is not None and share.memory_bytes is not None

    def leave(self, number: int, evaluation: Evaluation | None = None, *, was_crowded: bool = False) -> None:
        """A trial has ended.

        Args:
            number: Of the trial.
            evaluation: Where it is complete: what it took bounds what others take.
            was_crowded: Whether its part was too small; the next time it gets all of a card.
        """
        self._held.pop(number, None)
        predicted = self._predicted.pop(number, None)
        if was_crowded:
            self.crowded.add(number)
        # with half a batch at a time it took less than is predicted
        if predicted is not None and evaluation is not None and evaluation.passes == 1:
            peak = evaluation.peak_memory_bytes
            if peak is not None:
                self._told.append((predicted, peak))

    def _expected(self, number: int, predicted: int) -> int | None:
        """Bytes that a trial may take; none for a whole card."""
        if number in self.crowded or not self._told:
            return None
        return int(_MARGIN * min(peak * max(1.0, predicted / other) for other, peak in self._told))

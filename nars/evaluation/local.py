"""Trials in worker processes of this machine: a crash, a kill or a hang of one trial is one failed trial.

Workers are copies of a server that has imported the libraries (see `nars.evaluation.fork_server`), never of the driver,
whose threads and CUDA would not survive it. Each imports the main module again, so a script that searches through the
Python API must do so below ``if __name__ == "__main__":``.
"""

import logging
import multiprocessing
import pickle
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Self

from nars.errors import AllTrialsFailedError, NarsError
from nars.evaluation.cards import Cards
from nars.evaluation.evaluator import Evaluator, TrialTask
from nars.evaluation.events import Epoch, Event, Failed, Finished, Started
from nars.evaluation.fork_server import start_fork_server, start_process
from nars.evaluation.pending import Pending
from nars.evaluation.worker import Message, Ready, StartFailed, work
from nars.trials import Failure, FailureReason

__all__ = ["Epoch", "Event", "Failed", "Finished", "LocalExecutor", "Started", "start_error"]

_DEATH_S = 5.0
"""Seconds that a process gets to vanish after its pipe has closed."""
_STARTS = 3
"""Workers in a row that a signal may kill while they start: memory was short for a moment, or is short for good."""
_logger = logging.getLogger(__name__)

_GUARD_HINT = "; a script must start the search below `if __name__ == '__main__':`: each worker imports it"
"""Ends the message of a process that exited by itself while it started."""


@dataclass(slots=True, eq=False)
class _Worker:
    """The driver's view of one worker process."""

    process: BaseProcess
    connection: Connection
    is_ready: bool = False
    task: TrialTask | None = None
    deadline: float | None = None
    """On the monotonic clock; none where trials may take any time."""
    card: int | None = None
    """Its GPU; none where workers are not told."""

    def end(self) -> None:
        """Kill the process; it holds nothing that a checkpoint does not."""
        self.process.kill()
        self.process.join()
        self.connection.close()


class LocalExecutor:
    """Runs trials in persistent worker processes, started when first needed; use it as a context manager.

    Args:
        evaluator: Trains and validates; pickled into each worker.
        workers: Largest number of worker processes, at least 1.
        threads: Threads of the numeric libraries in each worker, at least 1.
        timeout_s: Seconds that one trial may take; none for any time.
        cards: Tells each trial where on a GPU to train; none leaves that to the evaluator.

    Raises:
        ValueError: If a number is out of its range.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        *,
        workers: int,
        threads: int = 1,
        timeout_s: float | None = None,
        cards: Cards | None = None,
    ) -> None:
        if workers < 1 or threads < 1:
            raise ValueError(f"workers and threads must be >= 1, got {workers=}, {threads=}")
        if timeout_s is not None and timeout_s <= 0:
            raise ValueError(f"timeout_s must be > 0, got {timeout_s}")
        start_fork_server()  # it has imported when the first task comes
        self._pickled_evaluator = pickle.dumps(evaluator)
        self._num_workers = workers
        self._threads = threads
        self._timeout_s = timeout_s
        self._cards = cards
        self._workers: list[_Worker] = []
        self._killed_starts = 0
        """Workers killed while they started, since one last became ready."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all workers; a later `run` starts new ones."""
        while self._workers:
            self._remove(self._workers[-1])

    def run(self, tasks: Iterable[TrialTask]) -> Iterator[Event]:
        """Run trials, in the order given as workers come free, and tell what happens as it happens.

        Every task yields one `Started`, then an `Epoch` per reported epoch, then one `Finished` or `Failed`.
        When the generator is closed early or an exception (Ctrl-C) passes through it, all workers are ended.

        Args:
            tasks: The trials of one round; each is asked for when a worker is free for it.

        Yields:
            The events of all trials, interleaved.

        Raises:
            NarsError: If a worker cannot be started, such as a `DataError` of the evaluator's `prepare`.
        """
        pending = Pending(tasks)
        try:
            while pending or self._busy():
                self._start(len(self._busy()) + pending.hint())
                yield from self._dispatch(pending)
                yield from self._collect(pending)
                yield from self._stop_overdue()
        except BaseException:
            self.close()
            raise

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.task is not None]

    def _start(self, needed: int) -> None:
        while len(self._workers) < min(needed, self._num_workers):
            ours, theirs = multiprocessing.Pipe()
            process = start_process(work, theirs, self._pickled_evaluator, self._threads)
            theirs.close()  # so that the worker's death is the end of the pipe
            card = None if self._cards is None else self._cards.join()
            self._workers.append(_Worker(process=process, connection=ours, card=card))

    def _dispatch(self, pending: Pending) -> Iterator[Event]:
        idle = [worker for worker in self._workers if worker.is_ready and worker.task is None]
        for worker in idle:
            task = pending.take()
            if task is None:
                return
            placed = self._placed(task, worker)
            if placed is None:  # another card may have room
                pending.put_back(task)
                continue
            worker.task = placed
            try:
                worker.connection.send(placed)
            except OSError:  # it died between two rounds; the task waits for its replacement
                pending.put_back(task)
                self._remove(worker)
                continue
            worker.deadline = None if self._timeout_s is None else time.monotonic() + self._timeout_s
            if self._cards is None or task.number not in self._cards.crowded:
                yield Started(task.number)

    def _placed(self, task: TrialTask, worker: _Worker) -> TrialTask | None:
        """The task with its share of the worker's GPU; none where there is no room."""
        if self._cards is None or worker.card is None:
            return task
        share = self._cards.share(task, worker.card)
        return None if share is None else replace(task, share=share)

    def _collect(self, pending: Pending) -> Iterator[Event]:
        """Wait for messages or the next deadline, and take in every message there is."""
        if all(worker.is_ready and worker.task is None for worker in self._workers):
            return  # nobody has anything to tell: the last tasks turned out to be none
        deadlines = [worker.deadline for worker in self._busy() if worker.deadline is not None]
        timeout_s = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        connections = wait([worker.connection for worker in self._workers], timeout_s)
        for worker in [worker for worker in self._workers if worker.connection in connections]:
            try:
                while worker in self._workers and worker.connection.poll():
                    yield from self._handle(worker, worker.connection.recv(), pending)
            except (EOFError, OSError):
                yield from self._bury(worker)

    def _handle(self, worker: _Worker, message: Message, pending: Pending) -> Iterator[Event]:
        if isinstance(message, StartFailed):
            raise start_error(message)
        if isinstance(message, Ready):
            worker.is_ready = True
            self._killed_starts = 0
            return
        task = worker.task
        if isinstance(message, Finished | Failed):
            worker.task = worker.deadline = None
        if isinstance(message, Failed) and message.failure.reason is not FailureReason.DIVERGED:
            self._remove(worker)  # memory may have leaked, a CUDA context may be broken: the next trial gets a new one
        if isinstance(message, Finished | Failed) and self._was_crowded(message) and task is not None:
            _logger.warning("trial %d: its part of the GPU was too small; it goes on with all of one", task.number)
            pending.put_back(task)
            return
        yield message

    def _was_crowded(self, ended: Finished | Failed) -> bool:
        """Takes a trial's share of a GPU back; whether the trial failed since that was too small."""
        if self._cards is None:
            return False
        if isinstance(ended, Finished):
            self._cards.leave(ended.number, ended.evaluation)
            return False
        is_short = ended.failure.reason is FailureReason.OUT_OF_MEMORY
        was_crowded = is_short and self._cards.has_part(ended.number)
        self._cards.leave(ended.number, was_crowded=was_crowded)
        return was_crowded

    def _bury(self, worker: _Worker) -> Iterator[Event]:
        """Remove a worker that has ended, and tell of the trial that ended with it."""
        worker.process.join(_DEATH_S)
        cause = _cause_of_death(worker.process.exitcode)
        self._remove(worker)
        if not worker.is_ready:
            has_exited = "exited" in cause  # by itself, as the next one would
            self._killed_starts += 1
            if has_exited or self._killed_starts == _STARTS:
                hint = _GUARD_HINT if has_exited else ""
                raise AllTrialsFailedError(f"no trial can run: a worker process {cause} while it started{hint}")
        if worker.task is not None:
            failure = Failure(reason=FailureReason.CRASHED, message=f"the worker process {cause}")
            yield Failed(worker.task.number, failure)

    def _stop_overdue(self) -> Iterator[Event]:
        now = time.monotonic()
        for worker in self._busy():
            if worker.task is not None and worker.deadline is not None and now >= worker.deadline:
                self._remove(worker)
                message = f"stopped after {self._timeout_s:g} s"
                yield Failed(worker.task.number, Failure(reason=FailureReason.TIMED_OUT, message=message))

    def _remove(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.end()
        if self._cards is not None and worker.card is not None:
            self._cards.quit(worker.card)
            if worker.task is not None:
                self._cards.leave(worker.task.number)


def start_error(message: StartFailed) -> NarsError:
    """The error that kept a worker from starting, to be raised in the driver."""
    # some errors' constructors take more than a message, hence not kind(message)
    error = message.kind.__new__(message.kind, message.message)
    error.add_note(message.trace)
    return error


def _cause_of_death(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return f"exited with code {exit_code}"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:  # real-time signals have no name
        name = f"signal {-exit_code}"
    hint = " (usually by the kernel's out-of-memory killer)" if name == "SIGKILL" else ""
    return f"was killed by {name}{hint}"

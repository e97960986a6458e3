"""Several processes for one trial: the worker is the first of a group, and starts the others beside itself.

The others are plain child processes that are sent each trial and do what the worker does; they tell nothing but how it
ended. Where the machine has GPUs each takes its own (see `nars.training.device.choose_device`).
"""

import contextlib
import pickle
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from nars.errors import DivergedError, is_out_of_memory
from nars.evaluation.evaluator import Evaluator, TrialTask
from nars.evaluation.group_member import DONE, READY, Meeting, Member
from nars.trials import EpochRecord, Evaluation

_PROGRAM = "from nars.evaluation.group_member import main; main()"


@dataclass(kw_only=True, slots=True)
class GroupEvaluator:
    """Evaluates each trial with several processes; see `nars.evaluation.evaluator.Evaluator`."""

    evaluator: Evaluator
    """Of every process; it trains by `nars.training.run`, which knows the group."""
    processes: int
    """At least 2."""
    _others: list[subprocess.Popen[bytes]] = field(default_factory=list, init=False, repr=False)

    def prepare(self) -> None:
        """Load libraries and data here; the others do so at their first trial."""
        self.evaluator.prepare()

    def evaluate(self, task: TrialTask, report: Callable[[EpochRecord], None]) -> Evaluation:
        """Train and validate one candidate, all processes together.

        Raises:
            DivergedError: If the training diverges.
            Exception: Anything else, with what the other processes said of it.
        """
        from nars.training import group

        self._start()
        task.directory.mkdir(parents=True, exist_ok=True)
        meeting = task.directory.resolve() / f"meeting-{uuid.uuid4().hex}"
        try:
            for other in self._others:
                _send(other, Meeting(task, meeting))
            self._hear(READY)  # else this process would wait at the meeting for one that will not come
            with group.joined(0, self.processes, meeting=meeting):
                found = self.evaluator.evaluate(task, report)
            self._hear(DONE)
        except DivergedError as error:
            self._hear(f"DivergedError: {error}")  # they saw the same loss
            raise
        except Exception as error:
            said = self._end()
            if is_out_of_memory(error):
                raise
            raise RuntimeError(f"{type(error).__name__}: {error} ({said})") from error
        finally:
            meeting.unlink(missing_ok=True)
        return found

    def _start(self) -> None:
        while len(self._others) < self.processes - 1:
            other = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            self._others.append(other)
            _send(other, Member(self.evaluator, len(self._others), self.processes))

    def _hear(self, expected: str) -> None:
        for other in self._others:
            assert other.stdout is not None
            answer = pickle.load(other.stdout)  # noqa: S301  # our own process
            if answer != expected:
                raise RuntimeError(f"a process of the group ended with {answer}")

    def _end(self) -> str:
        """End the others, whatever they do; what they said last."""
        said = []
        for number, other in enumerate(self._others, 1):
            assert other.stdin is not None
            assert other.stdout is not None
            with contextlib.suppress(OSError):
                other.stdin.close()  # which ends it
            last = other.stdout.read()
            answer = pickle.loads(last) if last else f"ended with code {other.wait()}"  # noqa: S301  # our own process
            other.stdout.close()
            other.wait()
            said.append(f"process {number}: {answer}")
        self._others.clear()
        return "; ".join(said)


def _send(other: subprocess.Popen[bytes], message: Member | Meeting) -> None:
    assert other.stdin is not None
    pickle.dump(message, other.stdin)
    other.stdin.flush()

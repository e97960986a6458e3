"""Trials on a Ray cluster, told as the local executor tells them; no trial is lost with a node.

What is used of Ray is what Ray Tune itself stands on: actors with resources, which Ray places, and whose loss it tells.
Tune's own layers are left out, each for a reason:

- its searcher and scheduler would decide a second time what the study has decided (rungs, order, when a round ends),
  and rounds that wait for each other would idle inside its loop;
- its checkpoints and its experiment state would be a second store beside the study and the trials' own checkpoints,
  which continue bit for bit and are read by resume and export;
- its failure handling counts a crash of the trial and the loss of a machine alike; here the first is a failed trial,
  the second a trial to go on with, on another node, from its checkpoint;
- it starts an actor for most trials, which takes longer than a trial of a small network.
"""

import logging
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from nars.errors import AllTrialsFailedError, NarsError
from nars.evaluation.evaluator import Evaluator, TrialTask
from nars.evaluation.events import Event, Failed, Finished, Started
from nars.evaluation.local import start_error
from nars.evaluation.pending import Pending
from nars.evaluation.ray_cluster import RayOptions, connect, nodes, require_fit, versions
from nars.evaluation.ray_seat import Seat
from nars.evaluation.worker import StartFailed
from nars.trials import Failure, FailureReason

_LOSSES = 3
"""Nodes that one trial may lose before it counts as the cause."""
_STARTS = 3
"""Workers in a row that may be lost before they take a trial."""
_LOOK_S = 2.0
"""Seconds between two looks at which nodes there are."""
_PATIENCE_S = 300.0
"""Seconds without any trial running after which a cluster that others fill is given up."""

_logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Place:
    """The driver's view of one seat."""

    actor: Any
    waits_for: Any
    """The greeting's reference, then the stream of the trial's events; none while idle."""
    node: str = "unknown"
    is_ready: bool = False
    task: TrialTask | None = None


class RayExecutor:
    """Runs trials on a Ray cluster; use it as a context manager, in place of `LocalExecutor`.

    Args:
        evaluator: Trains and validates; its class must be importable on every node.
        folder: The experiment's folder, which all nodes must see.
        options: Which cluster, and what each trial gets of it.
        threads: Threads of the numeric libraries in each process, at least 1.
        processes: Of one trial, all on one node; each takes a GPU where the cluster has some.
        timeout_s: Seconds that one trial may take; none for any time.
        patience_s: Seconds to wait for a cluster that is full.

    Raises:
        NarsError: If there is no such cluster, or no node of it is large enough for a trial.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        *,
        folder: Path,
        options: RayOptions | None = None,
        threads: int = 1,
        processes: int = 1,
        timeout_s: float | None = None,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        import ray

        self._options = options or RayOptions()
        asked = self._options.gpus_per_trial
        # two processes of one group cannot share a card
        if asked is not None and (asked > 1 if processes == 1 else asked not in (0, processes)):
            allowed = "at most 1" if processes == 1 else f"0 or {processes}"
            rule = f"gpus per trial must be {allowed} for a study of {processes} processes a trial"
            raise NarsError(f"{rule}, got {asked:g}")
        self._owns_connection = not ray.is_initialized()
        connect(self._options.address)
        present = nodes()
        has_gpus = any(node.gpus for node in present)
        self._cpus = self._options.cpus_per_trial or threads * processes
        self._gpus = asked if asked is not None else float(has_gpus * processes)
        self._token = folder.resolve() / f"cluster-{uuid.uuid4().hex}"
        self._places: list[_Place] = []
        self._losses: dict[int, int] = {}
        self._lost_starts = 0
        """Workers lost while they started, since one last became ready."""
        self._patience_s = patience_s
        self._looked_s, self._room = 0.0, 0
        try:
            require_fit(present, cpus=self._cpus, gpus=self._gpus)
            self._seat: Any = ray.remote(num_cpus=self._cpus, num_gpus=self._gpus, max_restarts=0)(Seat)
            self._arguments = {"evaluator": ray.put(evaluator), "threads": threads, "timeout_s": timeout_s}
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all workers, and leave the cluster, or stop it where it was started here."""
        import ray

        self._end_places()
        self._token.unlink(missing_ok=True)
        if self._owns_connection:
            ray.shutdown()

    def run(self, tasks: Iterable[TrialTask]) -> Iterator[Event]:
        """Run trials; events and their order are those of `LocalExecutor.run`.

        A trial whose node is lost goes on elsewhere, silently: its worker reads the checkpoint in the trial's folder.

        Raises:
            NarsError: If a node cannot work (other versions, no shared folder, no data), or there was no room for a
                single trial for too long.
        """
        pending = Pending(tasks)
        self._losses.clear()
        last_s = time.monotonic()
        try:
            while pending or self._busy():
                self._start(len(self._busy()) + pending.hint())
                yield from self._dispatch(pending)
                yield from self._collect(pending)
                if self._busy():
                    last_s = time.monotonic()
                elif pending:
                    self._require_room(time.monotonic() - last_s)
        except BaseException:
            self._end_places()
            raise

    def _require_room(self, idle_s: float) -> None:
        if idle_s > self._patience_s:
            raise NarsError(
                f"no room for a trial of {self._cpus:g} CPUs and {self._gpus:g} GPUs in the Ray cluster for "
                f"{self._patience_s:g} s: its nodes are gone, or others use them"
            )

    def _busy(self) -> list[_Place]:
        return [place for place in self._places if place.task is not None]

    def _start(self, needed: int) -> None:
        """New seats, as many as trials can use and the living nodes have room for."""
        if time.monotonic() - self._looked_s > _LOOK_S:
            self._looked_s = time.monotonic()
            self._room = sum(node.seats(cpus=self._cpus, gpus=self._gpus) for node in nodes())
        most = min(needed, self._room, self._options.max_concurrent or needed)
        if len(self._places) < most and not self._token.exists():
            self._token.parent.mkdir(parents=True, exist_ok=True)
            self._token.touch()
        while len(self._places) < most:
            actor = self._seat.remote(**self._arguments)
            greeting = actor.problem.remote(folder=str(Path.cwd()), token=str(self._token), expected=versions())
            self._places.append(_Place(actor=actor, waits_for=greeting))

    def _dispatch(self, pending: Pending) -> Iterator[Event]:
        for place in [place for place in self._places if place.is_ready and place.task is None]:
            task = pending.take()
            if task is None:
                return
            place.task = task
            place.waits_for = place.actor.run.options(num_returns="streaming").remote(_absolute(task))
            if task.number not in self._losses:
                yield Started(task.number)

    def _collect(self, pending: Pending) -> Iterator[Event]:
        """Wait for whatever happens next, or until it is time to look at the nodes again."""
        import ray
        from ray.exceptions import RayError

        waiting = {place.waits_for: place for place in self._places if place.waits_for is not None}
        if not waiting:
            time.sleep(_LOOK_S)
            return
        ready, _ = ray.wait(list(waiting), num_returns=1, timeout=_LOOK_S)
        for reference in ready:
            place, stream = waiting[reference], cast("Any", reference)
            try:
                message = ray.get(next(stream) if place.is_ready else reference)
            except StopIteration:
                place.waits_for = None
                continue
            except RayError as error:
                yield from self._lose(place, pending, error)
                continue
            yield from self._handle(place, message)

    def _handle(self, place: _Place, message: Event | StartFailed | str | None) -> Iterator[Event]:
        if not place.is_ready:
            if message is not None:
                raise NarsError(f"a node of the Ray cluster cannot work: {message}")
            place.is_ready, place.waits_for = True, None
            self._lost_starts = 0
            return
        if isinstance(message, StartFailed):
            raise start_error(replace(message, message=f"{message.message} (on a node of the Ray cluster)"))
        if isinstance(message, Finished | Failed):
            place.task = place.waits_for = None
        if message is not None and not isinstance(message, Started | str):
            yield message

    def _lose(self, place: _Place, pending: Pending, error: Exception) -> Iterator[Event]:
        """Give the trial of a seat that is lost to another one."""
        self._remove(place)
        self._looked_s = 0.0
        task = place.task
        if task is None:
            self._lost_starts += not place.is_ready
            if self._lost_starts == _STARTS:
                raise AllTrialsFailedError(
                    f"no trial can run: {_STARTS} workers of the Ray cluster in a row were lost while they started, "
                    f"the last: {str(error).strip().splitlines()[-1]}"
                )
            return
        lost = self._losses[task.number] = self._losses.get(task.number, 0) + 1
        reason = str(error).strip().splitlines()[0]
        if lost > _LOSSES:
            message = f"its node or worker was lost {lost} times, the last: {reason}"
            yield Failed(task.number, Failure(reason=FailureReason.CRASHED, message=message))
            return
        _logger.warning("trial %d: its node or worker was lost; it goes on from its checkpoint", task.number)
        pending.put_back(task)

    def _end_places(self) -> None:
        for place in list(self._places):
            self._remove(place)

    def _remove(self, place: _Place) -> None:
        import ray

        self._places.remove(place)
        if ray.is_initialized():
            ray.kill(place.actor)


def _absolute(task: TrialTask) -> TrialTask:
    """A worker may start in another folder than the driver did."""
    start = task.start_from
    return replace(task, directory=task.directory.absolute(), start_from=None if start is None else start.absolute())

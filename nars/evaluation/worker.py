"""The child side of the local executor: a loop that evaluates the trials that its driver sends.

This module loads no heavy library: where there is no fork server, thread counts must be in the environment before torch
reads them.
"""

import logging
import os
import pickle
import signal
import sys
import threading
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from queue import SimpleQueue

from nars.errors import AllTrialsFailedError, DivergedError, NarsError, is_out_of_memory
from nars.evaluation.evaluator import Evaluator, TrialTask
from nars.evaluation.events import Epoch, Failed, Finished
from nars.trials import Failure, FailureReason

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """The evaluator is prepared."""


@dataclass(frozen=True, slots=True)
class StartFailed:
    """The evaluator cannot be prepared; the worker has ended."""

    kind: type[NarsError]
    message: str
    trace: str


Message = Ready | StartFailed | Epoch | Finished | Failed


def work(connection: Connection, pickled_evaluator: bytes, threads: int) -> None:
    """Evaluate trials until the driver kills this process or goes away.

    Args:
        connection: Both ways: tasks in, messages out.
        pickled_evaluator: An `Evaluator`; as bytes, so that it is unpickled (which may load torch) in here.
        threads: Threads of numeric libraries.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole process group; the driver decides
    _use_threads(threads)
    tasks: SimpleQueue[TrialTask] = SimpleQueue()
    threading.Thread(target=_receive, args=(connection, tasks), daemon=True).start()
    evaluator = _prepared(connection, pickled_evaluator)
    while evaluator is not None:
        _send(connection, _evaluate(evaluator, tasks.get(), connection))


def _use_threads(threads: int) -> None:
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(threads)
    if "torch" in sys.modules:  # by the fork server: it has read the environment already
        sys.modules["torch"].set_num_threads(threads)


def _receive(connection: Connection, tasks: "SimpleQueue[TrialTask]") -> None:
    """Take in tasks; end the process at once, whatever it is doing, when the driver is gone."""
    try:
        while True:
            tasks.put(connection.recv())
    finally:
        os._exit(1)


def _send(connection: Connection, message: Message) -> None:
    try:
        connection.send(message)
    except OSError:
        os._exit(1)  # the driver is gone


def _prepared(connection: Connection, pickled_evaluator: bytes) -> Evaluator | None:
    try:
        evaluator: Evaluator = pickle.loads(pickled_evaluator)  # noqa: S301 the driver's own object, from its pipe
        evaluator.prepare()
    except NarsError as error:
        _send(connection, StartFailed(type(error), str(error), traceback.format_exc()))
        return None
    except Exception as error:  # noqa: BLE001 the driver raises it
        message = f"no trial can run: preparing a worker failed: {type(error).__name__}: {error}"
        _send(connection, StartFailed(AllTrialsFailedError, message, traceback.format_exc()))
        return None
    _send(connection, Ready())
    return evaluator


def _evaluate(evaluator: Evaluator, task: TrialTask, connection: Connection) -> Finished | Failed:
    number = task.number
    try:
        evaluation = evaluator.evaluate(task, lambda record: _send(connection, Epoch(number, record)))
    except Exception as error:  # noqa: BLE001 a failed trial is a record
        failure = failure_of(error)
        if failure.reason is not FailureReason.DIVERGED:
            _write_traceback(task)
        return Failed(number, failure)
    return Finished(number, evaluation)


def failure_of(error: Exception) -> Failure:
    """The record of an exception that ended a trial."""
    message = f"{type(error).__name__}: {error}"
    if isinstance(error, DivergedError):
        return Failure(reason=FailureReason.DIVERGED, message=str(error))
    if is_out_of_memory(error):
        return Failure(reason=FailureReason.OUT_OF_MEMORY, message=message)
    return Failure(reason=FailureReason.ERROR, message=message)


def _write_traceback(task: TrialTask) -> None:
    """Write the traceback of the exception being handled to the trial's ``error.txt``."""
    try:
        task.directory.mkdir(parents=True, exist_ok=True)
        (task.directory / "error.txt").write_text(traceback.format_exc(), encoding="utf-8")
    except OSError as error:
        logger.warning("trial %d: its traceback could not be written: %s", task.number, error)

"""A process that has imported what trials need, of which each worker is a copy.

Importing takes seconds, a fork milliseconds: a worker starts, or is replaced, at once, and all share the libraries'
memory. The server has imported and done nothing else: no threads, which do not survive a fork, and no CUDA. It imports
while the process that started it does so too, and ends with it.
"""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize

from nars.errors import NarsError

_IMPORTED = ["nars.evaluation.worker", "nars.evaluation.classification", "nars.evaluation.detection"]
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Libraries read these once; a worker sets torch's again."""
_STARTS = 3
_DEATH_S = 0.5


def start_fork_server() -> None:
    """Starts the server where there is none yet, and does not wait for it.

    Elsewhere than on Linux there is none: libraries of those systems do not bear a fork, and each worker imports for
    itself.
    """
    if sys.platform == "linux":
        multiprocessing.set_forkserver_preload(_IMPORTED)
        resource_tracker.ensure_running()  # which the server would start, and unblock interrupts with
        with _interrupts_held(), _environment(_ONE_THREAD):
            forkserver.ensure_running()


def start_process(target: Callable[..., None], *arguments: object) -> BaseProcess:
    """A daemonic process of its own that runs a function.

    Raises:
        NarsError: If the server ends again and again, as the kernel would have it where memory is short.
    """
    context: ForkServerContext | SpawnContext = multiprocessing.get_context("spawn")
    if sys.platform == "linux":
        context = multiprocessing.get_context("forkserver")
    for _ in range(_STARTS):
        start_fork_server()
        process = context.Process(target=target, args=arguments, daemon=True)
        try:
            with _interrupts_held():
                process.start()
        except (EOFError, ConnectionError):
            time.sleep(_DEATH_S)  # the server has just died: soon it is known to be gone, and another one is started
        else:
            _wait_at_exit()
            return process
    raise NarsError(f"no worker can start: the process that they are copied from ended {_STARTS} times in a row")


@cache
def _wait_at_exit() -> None:
    """Ends with the server, after its copies: else what they computed is not in this process's times."""
    if sys.platform == "linux":
        stop = forkserver._forkserver._stop  # type: ignore[attr-defined]  # noqa: SLF001  # nothing public waits for it
        Finalize(None, stop, exitpriority=-1)  # below 0: when all copies have ended


@contextmanager
def _environment(changes: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Block SIGINT, which a child inherits: Ctrl-C while it starts would print its traceback."""
    if not hasattr(signal, "pthread_sigmask"):  # not on Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

"""The far side of the Ray executor: an actor on some node that keeps one worker process for its trials."""

import os
import time
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path

from nars.errors import NarsError
from nars.evaluation.evaluator import Evaluator, TrialTask
from nars.evaluation.events import Event
from nars.evaluation.local import LocalExecutor
from nars.evaluation.ray_cluster import versions
from nars.evaluation.worker import StartFailed

_TOKEN_S = 10.0
"""Seconds after which a new file must be seen on all nodes: network file systems remember folders for a while."""


class Seat:
    """Runs one trial at a time, each in a child process of its own node.

    A trial that crashes takes the child with it and is told as the local executor tells it. A seat that is lost has
    been lost with its node: its trial is not to blame.
    """

    def __init__(self, evaluator: Evaluator, *, threads: int, timeout_s: float | None) -> None:
        self._executor = LocalExecutor(evaluator, workers=1, threads=threads, timeout_s=timeout_s)

    def problem(self, *, folder: str, token: str, expected: Mapping[str, str]) -> str | None:
        """Goes to the driver's working directory; what keeps this node from working, if anything does.

        Args:
            folder: The driver's working directory, from which relative paths start.
            token: A file that the driver has just written into the experiment's folder.
            expected: The driver's versions.
        """
        found = versions()
        differing = [name for name, wanted in expected.items() if found[name] != wanted]
        if differing:
            told = ", ".join(f"{name} {found[name]} (driver: {expected[name]})" for name in differing)
            return f"it has other versions: {told}"
        try:
            os.chdir(folder)
        except OSError as error:
            return f"its folder {folder} cannot be entered ({error.strerror}); all nodes must share the driver's"
        deadline = time.monotonic() + _TOKEN_S
        while not Path(token).exists():
            if time.monotonic() > deadline:
                return f"it does not see {Path(token).parent}; the experiment must lie in a folder that all nodes share"
            time.sleep(0.2)
        return None

    def run(self, task: TrialTask) -> Iterator[Event | StartFailed]:
        """What happens to one trial, as it happens."""
        try:
            yield from self._executor.run([task])
        except NarsError as error:  # some have constructors that pickling does not know
            yield StartFailed(type(error), str(error), traceback.format_exc())

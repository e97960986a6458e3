"""Who works on what of a study: one process at a time proposes, and one trains a trial.

The embedded study belongs to one process as a whole. A study in a database of its own is shared: processes on several
machines take turns in proposing, and each trial is trained by the one that claimed it first.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

from nars.storage.database_errors import file_of
from nars.storage.experiment import Experiment
from nars.storage.lock import locked
from nars.storage.shared_locks import FileLocks, ServerLocks

_PROPOSING = "proposing"
_LOOK_S = 0.05
"""Seconds between two looks at whether another process has done with proposing."""


class Locks(Protocol):
    """Locks by name, shared between processes; those of a process end with it."""

    def take(self, name: str) -> bool:
        """Takes a lock, unless another process holds it."""

    def free(self, name: str) -> None:
        """Lets go of a lock."""

    def keep(self) -> None:
        """Takes again what a server forgot in a restart."""

    def close(self) -> None:
        """Lets go of all."""


class Claims:
    """Rights to parts of a study's work, of one process among all that work on it.

    Args:
        experiment: Whose study.

    Raises:
        InUseError: If the study is the embedded one, and another process works on it.
        ExperimentError: If its folder cannot be written, or the database's server cannot be reached.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._stack = ExitStack()
        self._locks: Locks | None = None
        if experiment.storage is None:
            self._stack.enter_context(locked(experiment.lock))
            return
        path = file_of(experiment.url)
        if path is not None:
            self._locks = FileLocks(path.with_name(f"{path.name}.claims"))
        else:
            self._locks = ServerLocks(experiment.url, study=experiment.name)
        self._stack.callback(self._locks.close)

    @property
    def are_shared(self) -> bool:
        """Whether other processes may work on the study too."""
        return self._locks is not None

    def take(self, number: int) -> bool:
        """Claims a trial, unless another process has it; it may have ended meanwhile, so look at it again."""
        return self._locks is None or self._locks.take(f"trial-{number}")

    def free(self, number: int) -> None:
        """Lets go of a trial."""
        if self._locks is not None:
            self._locks.free(f"trial-{number}")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Waits until no other process proposes, and keeps them from it while the block runs; not to be nested."""
        if self._locks is None:
            yield
            return
        while not self._locks.take(_PROPOSING):
            time.sleep(_LOOK_S)
        try:
            yield
        finally:
            self._locks.free(_PROPOSING)

    def keep(self) -> None:
        """Claims again what a database's server forgot in a restart."""
        if self._locks is not None:
            self._locks.keep()

    def close(self) -> None:
        """Lets go of everything."""
        self._stack.close()

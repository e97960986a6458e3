"""One process at a time writes to an experiment: an advisory lock on a file in its folder."""

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nars.errors import ExperimentError, InUseError


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds the exclusive lock ``path`` while the block runs; the file names the holder's process and host.

    The kernel owns the lock, so that it is free again however the process ends, SIGKILL included. A child process
    that was forked keeps a copy of it for as long as it lives; one that was spawned does not. The file itself stays:
    deleting it would let a third process lock a new file of the same name.

    Args:
        path: The lock file, in an existing experiment folder.

    Raises:
        InUseError: If another process holds the lock.
        ExperimentError: If the folder cannot be written or locked.
    """
    name = path.parent.name
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ExperimentError(f"experiment {name} cannot be locked: {error.strerror}: {path}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise InUseError(
                    f"experiment {name} is in use by {_holder(descriptor)}; "
                    f"wait until it ends or stop it, then try again"
                ) from error
            raise ExperimentError(f"experiment {name} cannot be locked: {error.strerror}: {path}") from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {socket.gethostname()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _holder(descriptor: int) -> str:
    # The holder may be between locking and writing: then the file is empty, or names the one before.
    process, _, host = os.pread(descriptor, 1024, 0).decode(errors="replace").strip().partition(" ")
    return f"process {process} on host {host}" if process and host else "another process"

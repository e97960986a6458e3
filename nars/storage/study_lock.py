"""One process at a time writes to a study, wherever its database lies: a lock that the database itself holds."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from nars.errors import ExperimentError
from nars.storage.database_errors import explained, file_of, shown
from nars.storage.experiment import Experiment
from nars.storage.lock import locked
from nars.storage.study_database import connect_arguments

_TRY = {
    "postgresql": "SELECT pg_try_advisory_lock(:key)",
    "mysql": "SELECT GET_LOCK(CAST(:key AS CHAR), 0)",
    "mariadb": "SELECT GET_LOCK(CAST(:key AS CHAR), 0)",
}
"""Both servers let go when the connection ends, however the process ended."""


@contextmanager
def writing(experiment: Experiment) -> Iterator[None]:
    """Holds the exclusive right to write to an experiment's folder and to its study while the block runs.

    Raises:
        ExperimentError: If another process holds it, on this machine or another.
    """
    with ExitStack() as stack:
        stack.enter_context(locked(experiment.lock))
        if experiment.storage is not None:
            stack.enter_context(_database_locked(experiment.url, experiment.name))
        yield


@contextmanager
def _database_locked(url: str, name: str) -> Iterator[None]:
    path = file_of(url)
    if path is not None:
        with locked(path.with_name(f"{path.name}.writer")):
            yield
        return
    backend = make_url(url).get_backend_name()
    if backend not in _TRY:
        raise ExperimentError(f"study {shown(url)}: the database must be postgresql, mysql, sqlite or journal")
    with explained(url):
        engine = create_engine(url, poolclass=NullPool, connect_args=connect_arguments(url))
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        with explained(url):
            taken = _take(connection, backend, name)
        if not taken:
            raise ExperimentError(
                f"study {name} in {shown(url)} is in use by another process, maybe on another machine; "
                f"wait until it ends or stop it, then try again"
            )
        yield
    finally:
        connection.invalidate()  # closes it for good, which frees the lock, even where the server has gone
        engine.dispose()


def _take(connection: Connection, backend: str, name: str) -> bool:
    key = int.from_bytes(hashlib.sha256(f"nars:{name}".encode()).digest()[:8], "big", signed=True)
    return bool(connection.execute(text(_TRY[backend]), {"key": key}).scalar())

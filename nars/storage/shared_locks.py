"""Locks by name that processes of one machine or many share: beside a database's file, or held by its server.

Whose process ends has lost its locks at once, however it ended: the kernel or the server frees them.
"""

import hashlib
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from nars.errors import ExperimentError, InUseError
from nars.storage.database_errors import explained, patiently, shown
from nars.storage.lock import locked
from nars.storage.study_database import connect_arguments

_TAKE = {
    "postgresql": "SELECT pg_try_advisory_lock(:key)",
    "mysql": "SELECT GET_LOCK(CAST(:key AS CHAR), 0)",
    "mariadb": "SELECT GET_LOCK(CAST(:key AS CHAR), 0)",
}
_FREE = {
    "postgresql": "SELECT pg_advisory_unlock(:key)",
    "mysql": "SELECT RELEASE_LOCK(CAST(:key AS CHAR))",
    "mariadb": "SELECT RELEASE_LOCK(CAST(:key AS CHAR))",
}
# A machine that is switched off says no goodbye: the server asks, and lets go after a minute without an answer. MySQL
# would end a connection that was silent for eight hours, as it is while a large network trains.
_BEGIN = {
    "postgresql": (
        "SET tcp_keepalives_idle = 30",
        "SET tcp_keepalives_interval = 10",
        "SET tcp_keepalives_count = 3",
    ),
    "mysql": ("SET SESSION wait_timeout = 31536000",),
    "mariadb": ("SET SESSION wait_timeout = 31536000",),
}


class FileLocks:
    """Locks that are files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, ExitStack] = {}

    def take(self, name: str) -> bool:
        """Takes a lock, unless another process, or another object like this one, holds it."""
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as error:
            raise ExperimentError(f"{self._folder} cannot be made: {error.strerror}") from error
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(self._folder / name))
            except InUseError:
                return False
            self._held[name] = stack.pop_all()
        return True

    def free(self, name: str) -> None:
        """Lets go of a lock."""
        if name in self._held:
            self._held.pop(name).close()

    def keep(self) -> None:
        """The kernel forgets nothing."""

    def close(self) -> None:
        """Lets go of all."""
        while self._held:
            self._held.popitem()[1].close()


class ServerLocks:
    """Locks that a database server keeps for one connection.

    Args:
        url: Of the database.
        study: Its name goes into the locks' names.

    Raises:
        ExperimentError: If the server cannot be reached, or is of another kind than those we know.
    """

    def __init__(self, url: str, *, study: str) -> None:
        self._url, self._study = url, study
        self._backend = make_url(url).get_backend_name()
        if self._backend not in _TAKE:
            raise ExperimentError(f"study {shown(url)}: the database must be postgresql, mysql, sqlite or journal")
        self._held: set[str] = set()
        with explained(url):
            self._engine = create_engine(url, poolclass=NullPool, connect_args=connect_arguments(url))
            self._connection: Connection | None = self._connect()

    def take(self, name: str) -> bool:
        """Takes a lock, unless another connection holds it."""
        taken = bool(self._ask(_TAKE[self._backend], key=self._key(name)))
        if taken:
            self._held.add(name)
        return taken

    def free(self, name: str) -> None:
        """Lets go of a lock."""
        if name in self._held:
            self._held.remove(name)
            self._ask(_FREE[self._backend], key=self._key(name))

    def keep(self) -> None:
        """Takes again the locks that the server forgot, where it was restarted and nobody has taken them since."""
        self._ask("SELECT 1")

    def close(self) -> None:
        """Lets go of all."""
        self._disconnect()
        self._engine.dispose()

    def _ask(self, statement: str, **values: int) -> object:
        def attempt() -> object:
            if self._connection is None:
                self._connection = self._connect()
            try:
                return self._connection.execute(text(statement), values).scalar()
            except DBAPIError:
                self._disconnect()
                raise

        return patiently(self._url, attempt)

    def _connect(self) -> Connection:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        for statement in _BEGIN[self._backend]:
            connection.execute(text(statement))
        for name in sorted(self._held):
            if not connection.execute(text(_TAKE[self._backend]), {"key": self._key(name)}).scalar():
                self._held.discard(name)
        return connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()  # closes it for good, which frees the locks, even where the server has gone
            self._connection = None

    def _key(self, name: str) -> int:
        digest = hashlib.sha256(f"nars:{self._study}:{name}".encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)

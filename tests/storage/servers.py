"""Database servers of the tests' own, on loopback, with a password."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pytest

USER, PASSWORD = "nars", "s3cret-w0rd"


class Server(ABC):
    """One that can be stopped as by a power cut, and started again."""

    dialect: ClassVar[str]
    database: ClassVar[str]
    account: ClassVar[str]
    """Of the machine: the servers refuse to run as root."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port

    @staticmethod
    @abstractmethod
    def is_present() -> bool: ...

    @abstractmethod
    def initialise(self) -> None: ...

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def stop(self) -> None: ...

    @property
    def url(self) -> str:
        return f"{self.dialect}://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{self.database}"

    def _run(self, *command: str) -> None:
        with (self.folder / "programs.log").open("a") as log:
            subprocess.run(command, cwd=self.folder, check=True, stdout=log, stderr=log, **self._user())

    def _user(self) -> dict[str, Any]:
        return {"user": self.account, "group": self.account, "extra_groups": []} if os.geteuid() == 0 else {}


class PostgreSQL(Server):
    dialect, database, account = "postgresql+psycopg", "postgres", "postgres"

    @staticmethod
    def programs() -> Path | None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)  # Debian keeps them off the path
        found += [Path(path).parent for path in [shutil.which("initdb")] if path]
        return next((path for path in found if (path / "initdb").exists() and (path / "pg_ctl").exists()), None)

    @staticmethod
    def is_present() -> bool:
        return PostgreSQL.programs() is not None and find_spec("psycopg") is not None

    def initialise(self) -> None:
        word = self.folder / "word"
        word.write_text(PASSWORD)
        word.chmod(0o644)
        self._run(f"{self.programs()}/initdb", "-D", "data", "-U", USER, "-A", "scram-sha-256", f"--pwfile={word}")

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder} -c fsync=off"
        self._run(f"{self.programs()}/pg_ctl", "-D", "data", "-o", options, "-l", "log", "-w", "start")

    def stop(self) -> None:
        self._run(f"{self.programs()}/pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")


class MariaDB(Server):
    dialect, database, account = "mysql+pymysql", "nars", "mysql"

    @staticmethod
    def is_present() -> bool:
        programs = shutil.which("mariadb-install-db") and shutil.which("mariadbd")
        return programs is not None and find_spec("pymysql") is not None

    def initialise(self) -> None:
        first = self.folder / "first.sql"
        first.write_text(
            f"CREATE DATABASE IF NOT EXISTS {self.database};\n"
            f"CREATE USER IF NOT EXISTS {USER}@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON {self.database}.* TO {USER}@'127.0.0.1';\n"
        )
        first.chmod(0o644)
        self._run("mariadb-install-db", "--no-defaults", f"--datadir={self.folder}/data", "--skip-test-db")

    def start(self) -> None:
        ready = self.folder / "pid"
        ready.unlink(missing_ok=True)
        command = ["mariadbd", "--no-defaults", f"--port={self.port}", "--bind-address=127.0.0.1"]
        places = {"datadir": "data", "socket": "socket", "pid-file": ready.name, "init-file": "first.sql"}
        command += [f"--{option}={self.folder / place}" for option, place in places.items()]
        with (self.folder / "log").open("a") as log:
            self._process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, **self._user())
        while not ready.exists():  # the port listens by then
            assert self._process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.1)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


def needs(kind: type[Server]) -> list[pytest.MarkDecorator]:
    """Marks of a test that starts such a server."""
    return [pytest.mark.slow, pytest.mark.skipif(not kind.is_present(), reason=f"{kind.__name__} is not installed")]


KINDS = [pytest.param(kind, id=kind.__name__, marks=needs(kind)) for kind in (PostgreSQL, MariaDB)]
"""For `pytest.mark.parametrize`."""


@contextlib.contextmanager
def serving(kind: type[Server]) -> Iterator[Server]:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    # not pytest's folder, which another user may not enter
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        if os.geteuid() == 0:
            entry = pwd.getpwnam(kind.account)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        server = kind(folder, port)
        server.initialise()
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):
                server.stop()

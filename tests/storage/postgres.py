"""A PostgreSQL server of the tests' own, on loopback, with a password."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

USER, PASSWORD = "nars", "s3cret-w0rd"


def programs() -> Path | None:
    """Folder of the server's programs; Debian keeps them off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found += [Path(path).parent for path in [shutil.which("initdb")] if path]
    return next((path for path in found if (path / "initdb").exists() and (path / "pg_ctl").exists()), None)


def is_present() -> bool:
    return programs() is not None and find_spec("psycopg") is not None


@dataclass(frozen=True)
class Server:
    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{USER}:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder} -c fsync=off"
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-o", options, "-l", f"{self.folder}/log", "-w", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "-w", "stop")

    def initialise(self) -> None:
        word = self.folder / "word"
        word.write_text(PASSWORD)
        word.chmod(0o644)
        self._run("initdb", "-D", f"{self.folder}/data", "-U", USER, "-A", "scram-sha-256", f"--pwfile={word}")

    def _run(self, program: str, *arguments: str) -> None:
        folder = programs()
        assert folder is not None
        # the server refuses to run as root
        user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        with (self.folder / "programs.log").open("a") as log:
            subprocess.run(
                [str(folder / program), *arguments], cwd=self.folder, check=True, stdout=log, stderr=log, **user
            )


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    # not pytest's folder, which another user may not enter
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        if os.geteuid() == 0:
            entry = pwd.getpwnam("postgres")
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        server = Server(folder, port)
        server.initialise()
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):
                server.stop()

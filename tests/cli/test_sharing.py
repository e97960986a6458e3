"""Several processes of the command line on one study."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import TINY
from tests.cli.test_interruption import NARS, run, started, table
from tests.storage.postgres import is_present, serving

pytestmark = pytest.mark.slow

# long enough that both have work at the same time
SPACE = TINY.replace("{low: 2, high: 3}", "{low: 24, high: 25}")

needs_server = pytest.mark.skipif(not is_present(), reason="PostgreSQL's server or psycopg is not installed")


@contextmanager
def database(kind: str, folder: Path) -> Iterator[tuple[str, str]]:
    if kind != "postgresql":
        yield "--storage", f"{kind}:///{folder / 'study'}"
        return
    with serving() as server:
        yield "--storage", server.url


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("alone")
    (folder / "tiny.yaml").write_text(SPACE)
    assert run(folder, "search", "--space", "tiny.yaml", "--workers", "1").returncode == 0
    return table(folder)


@pytest.mark.parametrize(
    ("kind", "is_killed"), [("sqlite", False), pytest.param("postgresql", True, marks=needs_server)]
)
def test_two_processes_give_the_table_of_one(tmp_path: Path, expected: bytes, kind: str, is_killed: bool) -> None:
    (tmp_path / "tiny.yaml").write_text(SPACE)
    with database(kind, tmp_path) as storage:
        first = started(tmp_path, "--workers", "1", *storage)
        command = [*NARS, "resume", "tiny", "--workers", "1", *storage]
        second = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        folders = tmp_path / "experiments/tiny/trials"
        while len(list(folders.iterdir())) < 2 and second.poll() is None:  # each trains one now
            time.sleep(0.1)
        if is_killed:
            first.send_signal(signal.SIGKILL)
        first.communicate()
        said, _ = second.communicate(timeout=300)
        assert second.returncode == 0, said
        assert first.returncode == (-signal.SIGKILL if is_killed else 0)
        assert run(tmp_path, "analyze", "tiny", *storage).returncode == 0
    assert (tmp_path / "results/tiny/trials.csv").read_bytes() == expected

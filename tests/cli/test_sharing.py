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
from tests.storage.servers import KINDS, Server, serving

pytestmark = pytest.mark.slow

# long enough that both have work at the same time
SPACE = TINY.replace("{low: 2, high: 3}", "{low: 24, high: 25}")


@contextmanager
def database(kind: type[Server] | None, folder: Path) -> Iterator[tuple[str, str]]:
    if kind is None:
        yield "--storage", f"sqlite:///{folder / 'study'}"
        return
    with serving(kind) as server:
        yield "--storage", server.url


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("alone")
    (folder / "tiny.yaml").write_text(SPACE)
    assert run(folder, "search", "--space", "tiny.yaml", "--workers", "1").returncode == 0
    return table(folder)


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_two_processes_give_the_table_of_one(tmp_path: Path, expected: bytes, kind: type[Server] | None) -> None:
    """Of those on a server one is killed."""
    (tmp_path / "tiny.yaml").write_text(SPACE)
    with database(kind, tmp_path) as storage:
        first = started(tmp_path, "--workers", "1", *storage)
        command = [*NARS, "resume", "tiny", "--workers", "1", *storage]
        second = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        folders = tmp_path / "experiments/tiny/trials"
        while len(list(folders.iterdir())) < 2 and second.poll() is None:  # each trains one now
            time.sleep(0.1)
        if kind is not None:
            first.send_signal(signal.SIGKILL)
        first.communicate()
        said, _ = second.communicate(timeout=300)
        assert second.returncode == 0, said
        assert first.returncode == (0 if kind is None else -signal.SIGKILL)
        assert run(tmp_path, "analyze", "tiny", *storage).returncode == 0
    assert (tmp_path / "results/tiny/trials.csv").read_bytes() == expected

"""A search that is killed, interrupted or run with other workers gives the table of one that was not."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import TINY

pytestmark = pytest.mark.slow

NARS = [sys.executable, "-m", "nars.cli.main"]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*NARS, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def table(folder: Path) -> bytes:
    assert run(folder, "analyze", "tiny").returncode == 0
    return (folder / "results/tiny/trials.csv").read_bytes()


def started(folder: Path, *options: str) -> subprocess.Popen[str]:
    """A search whose first epochs have been recorded."""
    command = [*NARS, "search", "--space", "tiny.yaml", *options]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list((folder / "experiments/tiny/trials").glob("*/*")):
        assert time.monotonic() < deadline, "the search never began to train"
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    return process


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("whole")
    (folder / "tiny.yaml").write_text(TINY)
    assert run(folder, "search", "--space", "tiny.yaml", "--workers", "1").returncode == 0
    return table(folder)


def test_two_workers_give_the_same_table(tmp_path: Path, expected: bytes) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    assert run(tmp_path, "search", "--space", "tiny.yaml", "--workers", "2").returncode == 0
    assert table(tmp_path) == expected


def test_killed_at_random_moments_and_resumed(tmp_path: Path, expected: bytes) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    process = started(tmp_path)
    moments = random.Random(5)
    for _ in range(3):
        time.sleep(moments.uniform(0.0, 1.5))
        process.kill()
        process.communicate()
        command = [*NARS, "resume", "tiny"]
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(moments.uniform(1.0, 6.0))
    process.kill()
    process.communicate()
    resumed = run(tmp_path, "resume", "tiny")
    assert resumed.returncode == 0, resumed.stderr
    assert table(tmp_path) == expected


def test_control_c_saves_and_says_how_to_go_on(tmp_path: Path, expected: bytes) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    process = started(tmp_path)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Go on: nars resume tiny" in err
    assert "Traceback" not in err
    assert run(tmp_path, "resume", "tiny").returncode == 0
    assert table(tmp_path) == expected


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY.replace("{low: 2, high: 3}", "{low: 900, high: 901}"))
    process = started(tmp_path)
    try:
        second = run(tmp_path, "resume", "tiny")
        assert second.returncode == 2
        assert f"experiment tiny is in use by process {process.pid} on host" in second.stderr
        assert "Traceback" not in second.stderr
        assert run(tmp_path, "status", "tiny").returncode == 0, "looking is allowed"
    finally:
        process.kill()
        process.communicate()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_killed_worker_is_a_failed_trial(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY.replace("{low: 2, high: 3}", "{low: 20, high: 21}"))
    process = started(tmp_path, "--workers", "1")  # one worker: it is the one that trains
    (server,) = [pid for pid in children(process.pid) if b"forkserver" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    (worker,) = children(server)
    os.kill(worker, signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "crashed worker: the worker process was killed by SIGKILL" in out
    assert "6 complete, 1 failed" in run(tmp_path, "status", "tiny").stdout

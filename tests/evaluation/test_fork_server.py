"""The process of which workers are copies."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from nars.errors import NarsError
from nars.evaluation import fork_server
from nars.evaluation.fork_server import start_fork_server, start_process

SERVER = forkserver._forkserver  # type: ignore[attr-defined]  # typeshed knows its methods alone


def tell(connection: Connection) -> None:
    connection.send((os.getppid(), signal.pthread_sigmask(signal.SIG_BLOCK, set())))


def told() -> tuple[int, set[signal.Signals]]:
    ours, theirs = multiprocessing.Pipe()
    process = start_process(tell, theirs)
    assert ours.poll(60)
    answer: tuple[int, set[signal.Signals]] = ours.recv()
    process.join(60)
    assert process.exitcode == 0
    return answer


def test_processes_are_copies_of_one_server_that_has_no_threads() -> None:
    parent, _ = told()
    assert parent == SERVER._forkserver_pid == told()[0]
    assert parent != os.getpid()
    assert len(list(Path(f"/proc/{parent}/task").iterdir())) == 1
    mapped = Path(f"/proc/{parent}/maps").read_text()
    assert "libtorch_cpu" in mapped, "it has imported torch"


def test_what_copies_computed_is_in_the_times_of_the_process_that_started_them() -> None:
    program = """
import time
from nars.evaluation.fork_server import start_process
process = start_process(sum, range(50_000_000))
process.join()
print(time.process_time())
"""
    before = os.times()
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=120)
    after = os.times()
    all_s = after.children_user + after.children_system - before.children_user - before.children_system
    begin = time.process_time()
    sum(range(50_000_000))
    assert all_s - float(done.stdout) > 0.5 * (time.process_time() - begin)


def test_what_the_server_imports_asks_for_no_gpu() -> None:
    program = f"""
import importlib, torch

def refuse(*_):
    raise SystemExit("CUDA was asked for: no copy of this process could use it")

for name in ("_cuda_getDeviceCount", "_cuda_init"):
    if hasattr(torch._C, name):
        setattr(torch._C, name, refuse)
for module in {fork_server._IMPORTED}:
    importlib.import_module(module)
print(torch.cuda.is_initialized())
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.returncode) == ("False\n", 0), done.stderr


def test_a_process_starts_at_once() -> None:
    told()  # the server has imported
    start = time.perf_counter()
    told()
    assert time.perf_counter() - start < 1.0, "a process that imports torch takes several seconds"


def test_ctrl_c_waits_until_a_process_is_up() -> None:
    _, blocked = told()
    assert signal.SIGINT in blocked
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, set())


def test_a_server_that_was_killed_is_replaced() -> None:
    killed, _ = told()
    os.kill(killed, signal.SIGKILL)
    start_fork_server()
    parent, _ = told()
    assert parent != killed


def test_a_server_that_always_ends_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    os.kill(told()[0], signal.SIGKILL)
    monkeypatch.setattr(fork_server, "_IMPORTED", ["tests.evaluation.dying"])
    with pytest.raises(NarsError, match="no worker can start: the process that they are copied from ended 3 times"):
        start_process(tell, multiprocessing.Pipe()[1])


def test_the_environment_stays_as_it_was() -> None:
    before = dict(os.environ)
    start_fork_server()
    assert dict(os.environ) == before

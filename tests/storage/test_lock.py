import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nars.errors import ExperimentError
from nars.storage import locked

_HOLDER = """
import sys, time
from pathlib import Path
from nars.storage.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-c", _HOLDER, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "digits").mkdir()
    return tmp_path / "digits" / "lock"


def test_a_second_process_is_refused_and_sigkill_frees(path):
    with holder(path) as process:
        with pytest.raises(ExperimentError) as refused, locked(path):
            pass
        assert str(refused.value) == (
            f"experiment digits is in use by process {process.pid} on host {socket.gethostname()}; "
            "wait until it ends or stop it, then try again"
        )
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with locked(path):
            assert path.read_text() == f"{os.getpid()} {socket.gethostname()}\n"


def test_the_same_process_is_refused_too_and_leaving_frees(path):
    for _ in range(2):
        with locked(path), pytest.raises(ExperimentError, match=f"process {os.getpid()} "), locked(path):
            pass


def test_an_error_inside_frees(path):
    with pytest.raises(ZeroDivisionError), locked(path):
        raise ZeroDivisionError
    with locked(path):
        pass


def test_a_holder_that_has_not_signed_yet_is_another_process(path):
    with locked(path):
        path.write_text("")
        with pytest.raises(ExperimentError, match="is in use by another process;"), locked(path):
            pass


def test_a_folder_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "absent" / "lock"
    told = f"^experiment absent cannot be locked: No such file or directory: {re.escape(str(path))}$"
    with pytest.raises(ExperimentError, match=told), locked(path):
        pass

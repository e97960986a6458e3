"""Looking at a search from another process: watch and dashboard."""

import fcntl
import json
import os
import pty
import socket
import struct
import subprocess
import sys
import termios
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.cli.conftest import TINY, Nars

COMMAND = [sys.executable, "-m", "nars.cli.main"]


def in_a_terminal(*arguments: str, timeout_s: float) -> str:
    """What a command shows in a pseudo-terminal of 100 columns, to its end."""
    own, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("4H", 40, 100, 0, 0))
    environment = {**os.environ, "TERM": "xterm"}
    process = subprocess.Popen([*COMMAND, *arguments], stdin=other, stdout=other, stderr=other, env=environment)
    os.close(other)
    shown, end = b"", time.monotonic() + timeout_s
    while time.monotonic() < end:
        try:
            part = os.read(own, 65536)
        except OSError:  # the other end is closed
            break
        shown += part
        if not part:
            break
    os.close(own)
    assert process.wait(10) == 0, shown.decode()
    return shown.decode()


@pytest.mark.slow
def test_a_running_search_is_watched_to_its_end(folder: Path) -> None:
    (folder / "tiny.yaml").write_text(TINY.replace("trials: 7", "trials: 40"))
    search = subprocess.Popen(
        [*COMMAND, "search", "--space", "tiny.yaml", "--workers", "1"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        while not (folder / "experiments/tiny/trials").is_dir():
            assert search.poll() is None, search.stdout.read().decode()
            time.sleep(0.1)
        shown = in_a_terminal("watch", "tiny", "--every", "0.2", timeout_s=240)
        assert search.wait(30) == 0
    finally:
        search.kill()
        search.communicate()
    assert "of 40 trials ended, 0 failed, about" in shown, "it was seen in the middle"
    assert "of the round starting or waiting" in shown
    last = shown[shown.rindex("tiny: ") :]
    assert last.startswith("tiny: 40 of 40 trials ended, 0 failed")
    assert "best 0." in last
    assert "ended last" in last


@pytest.mark.slow
def test_the_dashboard_serves_the_study(nars: Nars, folder: Path) -> None:
    (folder / "tiny.yaml").write_text(TINY.replace("trials: 7", "trials: 3").replace("final: 2", "final: 1"))
    assert nars("search", "--space", "tiny.yaml").code == 0
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    server = subprocess.Popen([*COMMAND, "dashboard", "tiny", "--port", str(port)], stdout=subprocess.PIPE)
    try:
        for _ in range(300):
            assert server.poll() is None
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/studies") as answer:
                    studies = json.load(answer)["study_summaries"]
                break
            except urllib.error.URLError:
                time.sleep(0.2)
        assert [study["study_name"] for study in studies] == ["tiny"]
        taken = nars("dashboard", "tiny", "--port", str(port))
        assert (taken.code, taken.err) == (
            2,
            f"nars: port {port} of 127.0.0.1 cannot be used: Address already in use\n",
        )
    finally:
        server.kill()
        server.communicate()


@pytest.mark.usefixtures("folder")
def test_no_experiment_is_no_dashboard(nars: Nars) -> None:
    for command in ("dashboard", "watch"):
        outcome = nars(command, "nothing")
        assert outcome.code == 2
        assert "no experiment 'nothing'" in outcome.err

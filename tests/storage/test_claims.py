"""Rights to a study's work, between processes: in files beside a database, and in real database servers."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from nars.errors import ExperimentError, InUseError
from nars.storage import Claims
from nars.storage.experiment import Experiment
from tests.storage.servers import KINDS, Server, serving

HOLD = """
import sys, time
from pathlib import Path
from nars.storage import Claims
from nars.storage.experiment import Experiment
claims = Claims(Experiment(Path(sys.argv[1]), sys.argv[2]))
assert claims.take(7)
with claims.alone():
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module", params=["sqlite", "journal", *KINDS])
def database(request: pytest.FixtureRequest) -> Iterator[str | Server]:
    """The kind of a file, or a server."""
    if isinstance(request.param, str):
        yield request.param
        return
    with serving(request.param) as started:
        yield started


@pytest.fixture
def address(database: str | Server, tmp_path: Path) -> str:
    return database.url if isinstance(database, Server) else f"{database}:///{tmp_path / 'study'}"


@contextmanager
def holder(folder: Path, address: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLD, str(folder), address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def soon(condition: Callable[[], bool]) -> bool:
    """A server hears of a death a moment later."""
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return time.monotonic() < deadline


def test_a_trial_is_one_process_s_until_that_dies(tmp_path: Path, address: str) -> None:
    mine = Experiment(tmp_path / "machine_b" / "tiny", address)
    with closing(Claims(mine)) as claims, holder(tmp_path / "machine_a" / "tiny", address) as process:
        assert not claims.take(7)
        assert claims.take(8)
        with closing(Claims(mine)) as others:
            assert not others.take(8)
            claims.free(8)
            assert others.take(8)
        assert soon(lambda: claims.take(8)), "closing lets go of everything"
        with closing(Claims(Experiment(tmp_path / "other", address))) as others_study:
            assert others_study.take(7) == ("127.0.0.1" in address), "a file holds one study, a server many"
        process.send_signal(signal.SIGKILL)
        assert soon(lambda: claims.take(7))


def test_proposing_waits_for_whoever_proposes(tmp_path: Path, address: str) -> None:
    with closing(Claims(Experiment(tmp_path / "tiny", address))) as claims:
        with holder(tmp_path / "tiny", address) as process:
            threading.Timer(1.0, process.kill).start()
            begin = time.monotonic()
            with claims.alone():
                assert time.monotonic() - begin > 0.9
        with claims.alone():
            pass


def test_the_embedded_study_is_one_process_s(tmp_path: Path) -> None:
    with closing(Claims(Experiment(tmp_path))) as claims:
        assert not claims.are_shared
        assert claims.take(7)
        with pytest.raises(InUseError, match="is in use by process"):
            Claims(Experiment(tmp_path))
    Claims(Experiment(tmp_path)).close()


def test_a_database_of_another_kind_is_refused_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match=r"oracle://u:\*\*\*@h/db: the database must be postgresql, mysql"):
        Claims(Experiment(tmp_path, "oracle://u:s3cret@h/db"))


@pytest.mark.parametrize("kind", KINDS)
def test_claims_are_made_again_after_a_restart_of_the_server(tmp_path: Path, kind: type[Server]) -> None:
    with serving(kind) as server:
        experiment = Experiment(tmp_path / "tiny", server.url)
        with closing(Claims(experiment)) as first, closing(Claims(experiment)) as second:
            assert first.take(1)
            assert second.take(2)
            server.stop()
            threading.Timer(1.0, server.start).start()
            first.keep()
            assert not second.take(1), "the first has claimed it again"
            assert not first.take(2), "the second, too, when it asked"
            assert second.take(3)

"""Studies in a real PostgreSQL server, started here on loopback."""

import threading
import time

import pytest

from nars.errors import ExperimentError
from nars.storage import StudyStorage
from tests.storage.postgres import PASSWORD, Server, is_present
from tests.storage.studies import fill, small_space

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_present(), reason="PostgreSQL's server or psycopg is not installed"),
]


def study(server: Server, name: str) -> StudyStorage:
    return StudyStorage.create(server.url, space=small_space(), seed=1, trials=9, name=name)


def test_a_study_is_read_as_it_was_written(server: Server) -> None:
    with study(server, "whole") as storage:
        written = fill(storage, [0.5, None, 0.75])
    with StudyStorage.open(server.url, name="whole") as storage:
        assert storage.trials() == written
    with pytest.raises(ExperimentError, match="study 'whole' exists already in postgresql"):
        study(server, "whole")


@pytest.mark.parametrize(("right", "wrong"), [(PASSWORD, "wr0ng-w0rd"), ("nars:", "nobody:"), ("/postgres", "/absent")])
def test_what_the_server_refuses_is_one_message_without_the_password(server: Server, right: str, wrong: str) -> None:
    with pytest.raises(ExperimentError) as info:
        StudyStorage.open(server.url.replace(right, wrong), name="whole")
    assert "***@127.0.0.1" in str(info.value)
    assert PASSWORD not in str(info.value)
    assert "wr0ng-w0rd" not in str(info.value)


def test_no_server_is_one_message(server: Server) -> None:
    with pytest.raises(
        ExperimentError, match=r"study postgresql\+psycopg://nars:\*\*\*@127.0.0.1:1/postgres: .*refused"
    ):
        StudyStorage.open(server.url.replace(f":{server.port}/", ":1/"), name="whole")


def test_a_restart_of_the_server_loses_nothing(server: Server) -> None:
    with study(server, "restarted") as storage:
        server.stop()
        threading.Timer(3, server.start).start()
        begin = time.monotonic()
        written = fill(storage, [0.5, None])
        assert time.monotonic() - begin > 2
    with StudyStorage.open(server.url, name="restarted") as storage:
        assert storage.trials() == written

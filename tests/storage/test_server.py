"""Studies in real database servers, PostgreSQL and MariaDB, started here on loopback."""

import re
import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy.engine import make_url

from nars.errors import ExperimentError
from nars.storage import StudyStorage
from nars.trials import SearchStage
from tests.storage.servers import KINDS, PASSWORD, Server, serving
from tests.storage.studies import cost_of, evaluation_of, fill, sample, small_space


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serving(request.param) as started:
        yield started


def study(server: Server, name: str) -> StudyStorage:
    return StudyStorage.create(server.url, space=small_space(), seed=1, trials=9, name=name)


def test_a_study_is_read_as_it_was_written(server: Server) -> None:
    with study(server, "whole") as storage:
        written = fill(storage, [0.5, None, 0.75])
    with StudyStorage.open(server.url, name="whole") as storage:
        assert storage.trials() == written
    with pytest.raises(ExperimentError, match=f"study 'whole' exists already in {re.escape(server.dialect)}"):
        study(server, "whole")


@pytest.mark.parametrize("wrong", [{"password": "wr0ng-w0rd"}, {"username": "nobody"}, {"database": "absent"}], ids=str)
def test_what_the_server_refuses_is_one_message_without_the_password(server: Server, wrong: dict[str, str]) -> None:
    url = make_url(server.url).set(**wrong)
    with pytest.raises(ExperimentError) as info:
        StudyStorage.open(url.render_as_string(hide_password=False), name="whole")
    assert "***@127.0.0.1" in str(info.value)
    assert PASSWORD not in str(info.value)
    assert "wr0ng-w0rd" not in str(info.value)


def test_no_server_is_one_message(server: Server) -> None:
    address = re.escape(f"study {server.dialect}://nars:***@127.0.0.1:1/{server.database}: ")
    with pytest.raises(ExperimentError, match=rf"{address}.*refused"):
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


def test_a_thousand_epochs_have_room(server: Server) -> None:
    """MySQL's usual text ends at 65,535 bytes."""
    with study(server, "long") as storage:
        storage.add(
            sample(1)[0], number=0, stage=SearchStage.COARSE, round=0, fidelity=1.0, seed=0, cost=cost_of(20_000)
        )
        storage.complete(0, evaluation_of(0.5, epochs=1000))
    with StudyStorage.open(server.url, name="long") as storage:
        assert storage.trials()[0].evaluation == evaluation_of(0.5, epochs=1000)

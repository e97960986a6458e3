"""The command line on a Ray cluster of two nodes, on other databases, and without rounds."""

import csv
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.cli.conftest import TINY, Nars
from tests.cli.test_interruption import run, started, table

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::FutureWarning", "ignore::DeprecationWarning"
)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--gpus-per-trial", "1"], "--gpus-per-trial need --executor ray, got --executor local"),
        (["--executor", "ray", "--workers", "2"], "--workers is for --executor local; use --max-concurrent 2 with ray"),
        (
            ["--executor", "ray", "--gpus-per-trial", "1.5"],
            "gpus per trial must be from 0 to 1, a fraction for trials that share a card, or a whole number, one for each of a trial's processes; got 1.5",
        ),
        (["--gpus-per-trial", "some"], "--gpus-per-trial must be a number or auto, got some"),
        (["--gpus-per-trial", "nan"], "--gpus-per-trial must be a number or auto, got nan"),
        (
            ["--executor", "ray", "--gpus-per-trial", "auto"],
            "a Ray cluster shares GPUs by a number of GPUs per trial, such as 0.25, got auto",
        ),
        (
            ["--gpus-per-trial", "auto", "--processes", "2"],
            "only trials of one process can share GPUs, got 2 processes",
        ),
        (
            ["--gpus-per-trial", "auto", "--device", "cpu"],
            "trials share all GPUs of the machine: device must be auto or cuda, got cpu",
        ),
        (["--storage", "oracel://u:s3cret@h/db"], "oracel"),
    ],
)
def test_options_that_do_not_fit_are_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nars: Nars, options: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(TINY)
    outcome = nars("search", "--space", "tiny.yaml", *options)
    assert outcome.code == 2
    assert message in outcome.err
    assert "s3cret" not in outcome.err
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.yaml"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there are GPUs to share")
def test_sharing_gpus_where_there_are_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nars: Nars
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(TINY)
    outcome = nars("search", "--space", "tiny.yaml", "--gpus-per-trial", "auto")
    assert (outcome.code, [path.name for path in tmp_path.iterdir()]) == (2, ["tiny.yaml"])
    assert "trials are to share GPUs, but torch finds none on this machine" in outcome.err


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("whole")
    (folder / "tiny.yaml").write_text(TINY)
    assert run(folder, "search", "--space", "tiny.yaml", "--workers", "1").returncode == 0
    return table(folder)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.add_node(num_cpus=1)
    try:
        yield cluster.address
    finally:
        cluster.shutdown()


@pytest.mark.slow
def test_two_nodes_give_the_local_table(tmp_path: Path, expected: bytes, address: str) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    done = run(tmp_path, "search", "--space", "tiny.yaml", "--executor", "ray", "--ray-address", address)
    assert done.returncode == 0, done.stderr
    assert table(tmp_path) == expected


@pytest.mark.slow
def test_a_killed_driver_is_resumed_on_the_cluster(tmp_path: Path, expected: bytes, address: str) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    options = ("--executor", "ray", "--ray-address", address)
    process = started(tmp_path, *options)
    time.sleep(1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = run(tmp_path, "resume", "tiny", *options)
    assert done.returncode == 0, done.stderr
    assert table(tmp_path) == expected


@pytest.mark.slow
def test_a_search_without_rounds_ends_with_the_planned_trials(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    process = started(tmp_path, "--asynchronous", "--workers", "2")
    time.sleep(2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = run(tmp_path, "resume", "tiny", "--asynchronous", "--workers", "2")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(table(tmp_path).decode().splitlines()))
    assert [row["state"] for row in rows] == ["complete"] * 7
    assert [row["stage"] for row in rows] == ["coarse"] * 5 + ["final"] * 2
    assert [row["round"] for row in rows] == ["0", "0", "0", "1", "1", "2", "2"]
    assert len({row["id"] for row in rows if row["stage"] == "coarse"}) == 5


@pytest.mark.slow
def test_every_command_reads_another_database(tmp_path: Path, expected: bytes) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    storage = ("--storage", f"journal:///{tmp_path}/shared.log")
    assert run(tmp_path, "search", "--space", "tiny.yaml", "--workers", "2", *storage).returncode == 0
    assert run(tmp_path, "analyze", "tiny", *storage).returncode == 0
    assert (tmp_path / "results/tiny/trials.csv").read_bytes() == expected
    assert "7 complete" in run(tmp_path, "status", "tiny", *storage).stdout
    assert run(tmp_path, "export", "best", "tiny", *storage).returncode == 0
    assert run(tmp_path, "status", "tiny").returncode == 2

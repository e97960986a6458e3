"""The Ray executor on real clusters of this machine."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nars.data.source import prepare_splits
from nars.errors import DataError, NarsError
from nars.evaluation import Failed, Finished, LocalExecutor, Started
from nars.evaluation.classification import ClassificationEvaluator
from nars.evaluation.group import GroupEvaluator
from nars.evaluation.ray import RayExecutor
from nars.evaluation.ray_cluster import Node, RayOptions, require_fit
from nars.space.data_spec import DataSpec
from nars.trials import FailureReason
from tests.evaluation.actors import Actor, Resumable, Unprepared
from tests.evaluation.tasks import task, tasks
from tests.evaluation.test_local import failure, outcomes, wait_until

# Ray itself leaves sockets and processes to its own end, and warns of things to come
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::FutureWarning", "ignore::DeprecationWarning"
)


@pytest.mark.parametrize(
    ("gpus_of_node", "cpus", "gpus", "seats"),
    [(0, 1, 0, 8), (2, 1, 0.25, 8), (2, 1, 0.4, 4), (4, 1, 2, 2), (1, 1, 2, 0), (0, 1, 1, 0), (0, 16, 0, 0)],
)
def test_how_many_trials_fit_on_a_node(gpus_of_node: int, cpus: float, gpus: float, seats: int) -> None:
    assert Node("a", 8, gpus_of_node).seats(cpus=cpus, gpus=gpus) == seats


def test_a_trial_larger_than_every_node_is_refused() -> None:
    with pytest.raises(NarsError) as info:
        require_fit((Node("a", 8, 1), Node("b", 4, 2)), cpus=1, gpus=4)
    assert str(info.value) == (
        "a trial asks for 1 CPUs and 4 GPUs, but no node of the Ray cluster has both: "
        "the 2 living nodes have at most 8 CPUs and 2 GPUs each"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"gpus_per_trial": 1.5},
            "gpus per trial must be from 0 to 1, a fraction for trials that share a card, or a whole number, one for each of a trial's processes; got 1.5",
        ),
        (
            {"gpus_per_trial": -1},
            "gpus per trial must be from 0 to 1, a fraction for trials that share a card, or a whole number, one for each of a trial's processes; got -1",
        ),
        ({"cpus_per_trial": 0}, "cpus per trial must be > 0, got 0"),
        ({"max_concurrent": 0}, "max concurrent trials must be >= 1, got 0"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(NarsError) as info:
        RayOptions(**options)
    assert str(info.value) == message


def test_no_cluster_at_the_address_is_said_at_once(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
    begin = time.monotonic()
    with pytest.raises(NarsError, match=f"no Ray cluster answers at {address} within 10 s: .*refused"):
        RayExecutor(Actor(()), folder=tmp_path, options=RayOptions(address=address))
    assert time.monotonic() - begin < 15


def test_an_address_must_look_like_one(tmp_path: Path) -> None:
    with pytest.raises(NarsError, match="a Ray address must be auto or HOST:PORT, got 'ray://head:10001'"):
        RayExecutor(Actor(()), folder=tmp_path, options=RayOptions(address="ray://head:10001"))


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A head without room, and two nodes for one trial each."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    nodes = [made.add_node(num_cpus=1) for _ in range(2)]
    made.wait_for_nodes()
    try:
        yield made, nodes
    finally:
        ray.shutdown()
        made.shutdown()


@pytest.mark.slow
def test_two_nodes_tell_what_the_local_executor_tells(cluster: Any, tmp_path: Path) -> None:
    script = ("work", "kill", "diverge", "err", "leave", "work")
    with RayExecutor(Actor(script), folder=tmp_path, options=RayOptions(address=cluster[0].address)) as executor:
        events = list(executor.run(tasks(len(script), tmp_path)))
    assert sorted(event.number for event in events if isinstance(event, Started)) == list(range(6))
    found = outcomes(events)
    assert {number for number, event in found.items() if isinstance(event, Finished)} == {0, 5}
    assert failure(found[1]).message.startswith("the worker process was killed by SIGKILL")
    assert failure(found[2]).reason is FailureReason.DIVERGED
    assert failure(found[3]).message == "ValueError: width must be >= 1, got 0"
    assert failure(found[4]).message == "the worker process exited with code 3"
    assert not list(tmp_path.glob("cluster-*"))


@pytest.mark.slow
def test_a_group_of_processes_trains_on_a_node(cluster: Any, tmp_path: Path) -> None:
    made, _ = cluster
    made.add_node(num_cpus=2)
    prepare_splits(DataSpec(), tmp_path)
    alone = ClassificationEvaluator(spec=DataSpec(), directory=tmp_path, size=8, threads=1, device="cpu")
    group = GroupEvaluator(evaluator=alone, processes=2)
    told = []
    for options in (RayOptions(address=made.address), None):
        folder = tmp_path / str(options is None)
        executor = (
            LocalExecutor(group, workers=1)
            if options is None
            else RayExecutor(group, folder=folder, options=options, processes=2)
        )
        with executor:
            events = list(executor.run(tasks(1, folder)))
        (finished,) = [event.evaluation for event in events if isinstance(event, Finished)]
        told.append([(record.train_loss, record.val_accuracy) for record in finished.curve])
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("gpus", "processes", "allowed"), [(2, 1, "at most 1"), (2, 4, "0 or 4"), (0.5, 2, "0 or 2"), (1, 2, "0 or 2")]
)
def test_a_gpu_for_each_process_and_no_other_number(gpus: float, processes: int, allowed: str, tmp_path: Path) -> None:
    with pytest.raises(NarsError) as info:
        RayExecutor(Actor(()), folder=tmp_path, options=RayOptions(gpus_per_trial=gpus), processes=processes)
    rule = f"gpus per trial must be {allowed} for a study of {processes} processes a trial, got {gpus:g}"
    assert str(info.value) == rule


@pytest.mark.slow
def test_no_trial_is_lost_or_doubled_when_a_node_dies(cluster: Any, tmp_path: Path) -> None:
    made, nodes = cluster
    with RayExecutor(Resumable(), folder=tmp_path, options=RayOptions(address=made.address)) as executor:
        events = []
        for event in executor.run(tasks(4, tmp_path)):
            events.append(event)
            if len(list(tmp_path.glob("*/epoch_1"))) == 2 and len(nodes) == 2:
                made.remove_node(nodes.pop(), allow_graceful=False)
    assert sorted(event.number for event in events if isinstance(event, Finished)) == [0, 1, 2, 3]
    assert sorted(event.number for event in events if isinstance(event, Started)) == [0, 1, 2, 3]
    epochs = [
        (event.number, event.record.epoch) for event in events if not isinstance(event, Started | Finished | Failed)
    ]
    assert len(epochs) == len(set(epochs))
    # the trial of the dead node trained on from its checkpoint
    begun = [(path / "begun").read_text().split() for path in tmp_path.glob("trial_*")]
    assert sorted(begun)[-1] == ["0", "1"]


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.slow
def test_a_lost_seat_costs_no_trial_and_its_child_ends(cluster: Any, tmp_path: Path) -> None:
    with RayExecutor(Resumable(), folder=tmp_path, options=RayOptions(address=cluster[0].address)) as executor:
        events, killed = [], False
        for event in executor.run(tasks(2, tmp_path)):
            events.append(event)
            if not killed and (tmp_path / "trial_0" / "epoch_1").exists():
                killed = True
                child = int((tmp_path / "trial_0" / "pid").read_text())
                os.kill(parent_of(parent_of(child)), signal.SIGKILL)  # the child is a copy of the seat's fork server
                gone = Path(f"/proc/{child}")
                assert wait_until(lambda gone=gone: not gone.exists(), seconds=10)
    assert sorted(event.number for event in events if isinstance(event, Finished)) == [0, 1]


@pytest.mark.slow
def test_what_a_node_lacks_is_one_message(cluster: Any, tmp_path: Path) -> None:
    options = RayOptions(address=cluster[0].address)
    with (
        RayExecutor(Unprepared("data"), folder=tmp_path, options=options) as executor,
        pytest.raises(DataError, match="/data/pets: no image in it"),
    ):
        list(executor.run(tasks(1, tmp_path)))
    with pytest.raises(NarsError, match="a trial asks for 1 CPUs and 1 GPUs, but no node"):
        RayExecutor(Actor(()), folder=tmp_path, options=RayOptions(address=cluster[0].address, gpus_per_trial=1))


@dataclass
class Unstartable:
    """Cannot be sent on to a worker's child."""

    def __reduce__(self) -> Any:
        return Unstartable._broken, ()

    @staticmethod
    def _broken() -> None:
        raise ImportError("No module named 'pets'")


@pytest.mark.slow
def test_workers_that_never_start_end_the_search(cluster: Any, tmp_path: Path) -> None:
    with (
        RayExecutor(Unstartable(), folder=tmp_path, options=RayOptions(address=cluster[0].address)) as executor,  # type: ignore[arg-type]
        pytest.raises(NarsError, match="no trial can run: .* No module named 'pets'"),
    ):
        list(executor.run(tasks(1, tmp_path)))


@pytest.mark.slow
def test_a_full_cluster_is_not_waited_for_for_ever(cluster: Any, tmp_path: Path) -> None:
    options = RayOptions(address=cluster[0].address)
    with RayExecutor(Actor(("hang",) * 2), folder=tmp_path, options=options) as first:
        events = first.run(tasks(2, tmp_path))
        assert {next(events).number, next(events).number} == {0, 1}
        with (
            RayExecutor(Actor(("work",)), folder=tmp_path, options=options, patience_s=3) as second,
            pytest.raises(NarsError, match="no room for a trial of 1 CPUs and 0 GPUs in the Ray cluster for 3 s"),
        ):
            list(second.run([task(0, tmp_path)]))
        events.close()

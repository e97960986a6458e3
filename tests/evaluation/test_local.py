import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nars.errors import AllTrialsFailedError, DataError
from nars.evaluation import Epoch, Event, Failed, Finished, LocalExecutor, Started
from nars.trials import Failure, FailureReason
from tests.evaluation.actors import Actor, Environment, Faltering, Unprepared, record
from tests.evaluation.tasks import task, tasks

ROOT = Path(__file__).parents[2]


def is_alive(pid: int) -> bool:
    """Whether a process runs; a dead one that nobody has waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def outcomes(events: list[Event]) -> dict[int, Finished | Failed]:
    return {event.number: event for event in events if isinstance(event, Finished | Failed)}


def failure(event: Event) -> Failure:
    assert isinstance(event, Failed)
    return event.failure


def worker_of(event: Event) -> int:
    assert isinstance(event, Finished)
    return int(event.evaluation.device)


def test_one_worker_tells_the_whole_story_in_order(tmp_path: Path) -> None:
    with LocalExecutor(Actor(("work",) * 3), workers=1) as executor:
        events = list(executor.run(tasks(3, tmp_path)))
    expected = [
        kind for number in range(3) for kind in (Started(number), Epoch(number, record(1)), Epoch(number, record(2)))
    ]
    assert [event for event in events if not isinstance(event, Finished)] == expected
    assert [type(event) for event in events] == [Started, Epoch, Epoch, Finished] * 3
    assert [event.evaluation.accuracy for event in outcomes(events).values() if isinstance(event, Finished)] == [
        0.0,
        0.01,
        0.02,
    ]


def test_two_workers_overlap_and_stay_between_rounds(tmp_path: Path) -> None:
    with LocalExecutor(Actor(("nap",) * 8), workers=2) as executor:
        first = list(executor.run(tasks(4, tmp_path)))
        begin = time.monotonic()
        second = list(executor.run([task(number, tmp_path) for number in range(4, 8)]))
        wall_s = time.monotonic() - begin
    assert wall_s < 4 * 0.5 - 0.3  # one after the other takes 2 s, two at a time 1 s
    first_pids = Counter(worker_of(event) for event in outcomes(first).values())
    second_pids = Counter(worker_of(event) for event in outcomes(second).values())
    assert len(second_pids) == 2
    assert set(first_pids) <= set(second_pids)
    assert [event.number for event in first + second if isinstance(event, Started)] == list(range(8))


def test_no_task_starts_no_worker() -> None:
    executor = LocalExecutor(Actor(()), workers=2)
    assert list(executor.run([])) == []
    assert executor._workers == []


def test_tasks_whose_end_only_asking_tells_come_to_an_end(tmp_path: Path) -> None:
    """As in a search without rounds: a free worker asks, and is told that there is no more."""
    with LocalExecutor(Actor(("work",) * 2), workers=1) as executor:
        events = list(executor.run(one for one in tasks(2, tmp_path)))
    assert [event.number for event in events if isinstance(event, Finished)] == [0, 1]


def test_every_way_to_die_is_one_failed_trial_and_the_rest_go_on(tmp_path: Path) -> None:
    script = (
        "work",
        "kill",
        "segfault",
        "leave",
        "stop",
        "work",
        "diverge",
        "work",
        "err",
        "fill_memory",
        "work",
    )
    with LocalExecutor(Actor(script), workers=1) as executor:
        events = list(executor.run(tasks(len(script), tmp_path)))
    assert [event.number for event in events if isinstance(event, Started)] == list(range(len(script)))
    found = outcomes(events)
    assert {number for number, event in found.items() if isinstance(event, Finished)} == {0, 5, 7, 10}
    crashed = FailureReason.CRASHED
    assert failure(found[1]) == Failure(
        reason=crashed,
        message="the worker process was killed by SIGKILL (usually by the kernel's out-of-memory killer)",
    )
    assert failure(found[2]) == Failure(reason=crashed, message="the worker process was killed by SIGSEGV")
    assert failure(found[3]) == Failure(reason=crashed, message="the worker process exited with code 3")
    assert failure(found[4]) == Failure(reason=crashed, message="the worker process exited with code 4")
    assert failure(found[6]) == Failure(reason=FailureReason.DIVERGED, message="loss is nan in epoch 1")
    assert failure(found[8]) == Failure(reason=FailureReason.ERROR, message="ValueError: width must be >= 1, got 0")
    assert failure(found[9]).reason is FailureReason.OUT_OF_MEMORY
    # a diverged trial leaves its worker sound; one that ran out of memory may not
    assert worker_of(found[5]) == worker_of(found[7])
    assert worker_of(found[7]) != worker_of(found[10])


def test_the_traceback_of_an_error_is_kept_with_the_trial(tmp_path: Path) -> None:
    with LocalExecutor(Actor(("err",)), workers=1) as executor:
        list(executor.run(tasks(1, tmp_path)))
    text = (tmp_path / "trial_0" / "error.txt").read_text()
    assert text.startswith("Traceback (most recent call last):")
    assert text.endswith("ValueError: width must be >= 1, got 0\n")


def test_a_hanging_trial_is_stopped_and_the_next_runs(tmp_path: Path) -> None:
    with LocalExecutor(Actor(("hang", "work")), workers=1, timeout_s=1.0) as executor:
        begin = time.monotonic()
        events = list(executor.run(tasks(2, tmp_path)))
        wall_s = time.monotonic() - begin
    assert failure(outcomes(events)[0]) == Failure(reason=FailureReason.TIMED_OUT, message="stopped after 1 s")
    assert isinstance(outcomes(events)[1], Finished)
    assert wall_s < 20


def test_a_trial_within_the_time_is_not_stopped(tmp_path: Path) -> None:
    with LocalExecutor(Actor(("nap",)), workers=1, timeout_s=30.0) as executor:
        assert isinstance(outcomes(list(executor.run(tasks(1, tmp_path))))[0], Finished)


def test_a_worker_that_dies_while_idle_costs_no_trial(tmp_path: Path) -> None:
    with LocalExecutor(Actor(("work", "work")), workers=1) as executor:
        first = outcomes(list(executor.run([task(0, tmp_path)])))[0]
        os.kill(worker_of(first), signal.SIGKILL)
        executor._workers[0].process.join(5)
        second = outcomes(list(executor.run([task(1, tmp_path)])))[1]
    assert worker_of(first) != worker_of(second)


def test_a_data_error_of_prepare_is_raised_once_in_the_driver(tmp_path: Path) -> None:
    with LocalExecutor(Unprepared("data"), workers=2) as executor, pytest.raises(DataError) as info:
        list(executor.run(tasks(4, tmp_path)))
    assert str(info.value) == "/data/pets: no image in it"
    assert "in prepare" in info.value.__notes__[0]


def test_any_other_error_of_prepare_is_raised_with_its_type(tmp_path: Path) -> None:
    message = "no trial can run: preparing a worker failed: ImportError: No module named 'pets'"
    with (
        LocalExecutor(Unprepared("error"), workers=1) as executor,
        pytest.raises(AllTrialsFailedError) as info,
    ):
        list(executor.run(tasks(1, tmp_path)))
    assert str(info.value) == message


def test_a_worker_that_dies_while_it_starts_is_an_error(tmp_path: Path) -> None:
    rule = "^no trial can run: a worker process was killed by SIGKILL"
    with (
        LocalExecutor(Unprepared("die"), workers=1) as executor,
        pytest.raises(AllTrialsFailedError, match=rule),
    ):
        list(executor.run(tasks(1, tmp_path)))


@pytest.mark.parametrize(("deaths", "runs"), [(2, True), (3, False)])
def test_a_worker_killed_while_it_starts_is_replaced_twice(tmp_path: Path, deaths: int, runs: bool) -> None:
    actor = Faltering(("work",), tmp_path, deaths)
    with LocalExecutor(actor, workers=1) as executor:
        if runs:
            assert isinstance(list(executor.run(tasks(1, tmp_path)))[-1], Finished)
        else:
            with pytest.raises(AllTrialsFailedError, match="killed by SIGKILL.* while it started$"):
                list(executor.run(tasks(1, tmp_path)))
    assert len(list(tmp_path.glob("fall*"))) == deaths


def test_closing_the_generator_ends_the_workers(tmp_path: Path) -> None:
    executor = LocalExecutor(Actor(("hang", "hang")), workers=2)
    events = executor.run(tasks(2, tmp_path))
    assert isinstance(events, Iterator)
    assert [next(events), next(events)] == [Started(0), Started(1)]
    pids = [worker.process.pid for worker in executor._workers]
    events.close()  # type: ignore[attr-defined]
    assert executor._workers == []
    assert not any(is_alive(pid) for pid in pids if pid is not None)


def test_torch_is_there_and_has_the_threads(tmp_path: Path) -> None:
    before = dict(os.environ)
    with LocalExecutor(Environment(), workers=1, threads=3) as executor:
        event = outcomes(list(executor.run(tasks(1, tmp_path))))[0]
    assert isinstance(event, Finished)
    assert event.evaluation.device == "3 3 3 True"
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"workers": 0}, "workers and threads must be >= 1, got workers=0, threads=1"),
        ({"workers": 1, "threads": 0}, "workers and threads must be >= 1, got workers=1, threads=0"),
        ({"workers": 1, "timeout_s": 0}, "timeout_s must be > 0, got 0"),
    ],
)
def test_settings_out_of_range(settings: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        LocalExecutor(Actor(()), **settings)


@contextlib.contextmanager
def running_driver(folder: Path) -> Iterator[tuple["subprocess.Popen[str]", list[int]]]:
    """A driver process in its own group with two training workers, and their process ids."""
    command = [sys.executable, "-m", "tests.evaluation.driver", str(folder)]
    driver = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stderr=subprocess.PIPE, text=True)
    pids: list[int] = []
    try:
        assert wait_until(lambda: len(list(folder.glob("*.pid"))) == 2, seconds=60)
        pids = [int(path.read_text()) for path in sorted(folder.glob("*.pid"))]
        assert all(is_alive(pid) for pid in pids)
        yield driver, pids
    finally:
        driver.kill()
        driver.communicate()
        for pid in filter(is_alive, pids):
            os.kill(pid, signal.SIGKILL)


def test_no_worker_outlives_a_killed_driver(tmp_path: Path) -> None:
    with running_driver(tmp_path) as (driver, pids):
        driver.send_signal(signal.SIGKILL)
        assert wait_until(lambda: not any(is_alive(pid) for pid in pids), seconds=2)


def test_ctrl_c_is_the_driver_s_alone_and_ends_the_workers(tmp_path: Path) -> None:
    with running_driver(tmp_path) as (driver, pids):
        os.killpg(driver.pid, signal.SIGINT)  # as a terminal does: to the driver and to its workers
        _, errors = driver.communicate(timeout=20)
        assert not any(is_alive(pid) for pid in pids)
    assert errors.count("Traceback") == 1
    assert errors.rstrip().endswith("KeyboardInterrupt")


def test_workers_ignore_an_interrupt_of_their_own(tmp_path: Path) -> None:
    with running_driver(tmp_path) as (_, pids):
        for pid in pids:
            os.kill(pid, signal.SIGINT)
        time.sleep(0.5)
        assert all(is_alive(pid) for pid in pids)


def test_a_script_without_a_main_guard_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "search.py"
    script.write_text(
        "from pathlib import Path\n"
        "from nars.evaluation import LocalExecutor\n"
        "from tests.evaluation.actors import Actor\n"
        "from tests.evaluation.tasks import tasks\n"
        "list(LocalExecutor(Actor(('work',)), workers=1).run(tasks(1, Path('x'))))\n"
    )
    result = subprocess.run(
        [sys.executable, str(script)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1
    assert "a worker process exited with code 1 while it started" in result.stderr
    assert "`if __name__ == '__main__':`" in result.stderr

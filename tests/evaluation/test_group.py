"""Two real processes that train one candidate together."""

import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from nars.data.source import prepare_splits
from nars.evaluation import Epoch, Failed, Finished, LocalExecutor, TrialTask
from nars.evaluation.classification import ClassificationEvaluator
from nars.evaluation.group import GroupEvaluator
from nars.space.data_spec import DataSpec
from nars.trials import Evaluation, FailureReason
from tests.evaluation.tasks import task


def evaluator(directory: Path, *, processes: int = 2) -> GroupEvaluator | ClassificationEvaluator:
    alone = ClassificationEvaluator(spec=DataSpec(), directory=directory, size=8, threads=1, device="cpu")
    return GroupEvaluator(evaluator=alone, processes=processes) if processes > 1 else alone


def with_recipe(one: TrialTask, **settings: object) -> TrialTask:
    candidate = replace(one.candidate, recipe=replace(one.candidate.recipe, **settings))
    return replace(one, candidate=candidate)


def evaluated(directory: Path, one: TrialTask, *, processes: int = 2) -> Evaluation:
    """In a worker, as a search does it."""
    with LocalExecutor(evaluator(directory, processes=processes), workers=1) as executor:
        events = list(executor.run([one]))
    finished = [event.evaluation for event in events if isinstance(event, Finished)]
    assert finished, events
    reported = [event.record for event in events if isinstance(event, Epoch)]
    assert reported == list(finished[0].curve[-len(reported) :])  # once each, whatever the number of processes
    return finished[0]


def told(found: Evaluation) -> list[tuple[float, float | None, float]]:
    return [(record.train_loss, record.val_loss, record.val_accuracy) for record in found.curve]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    prepare_splits(DataSpec(), tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("norm", ["SyncBN", "naiveSyncBN_N"])
def test_with_a_norm_over_all_processes_a_group_trains_as_one_process_does(folder, norm):
    """Norms that weigh each process by its images: sums are only taken in another order."""
    one = with_recipe(task(0, folder / "a"), norm=norm, batch_size=54)
    group = told(evaluated(folder, one))
    alone = told(evaluated(folder, replace(one, directory=folder / "b"), processes=1))
    for (loss, val_loss, accuracy), expected in zip(group, alone, strict=True):
        assert loss == pytest.approx(expected[0], abs=2e-3)
        assert val_loss == pytest.approx(expected[1], abs=1e-2)
        assert accuracy == pytest.approx(expected[2], abs=0.02)


@pytest.mark.slow
def test_plain_batch_norm_sees_its_own_share_alone(folder):
    one = with_recipe(task(0, folder / "a"), norm="BN", batch_size=54)
    group = told(evaluated(folder, one))
    alone = told(evaluated(folder, replace(one, directory=folder / "b"), processes=1))
    assert abs(group[0][0] - alone[0][0]) > 1e-3


@pytest.mark.slow
def test_the_same_again_and_after_an_interruption(folder):
    whole = evaluated(folder, task(0, folder / "a", epochs=4))
    half = evaluated(folder, task(1, folder / "b", epochs=4, fidelity=0.5))
    rest = evaluated(folder, replace(task(1, folder / "b", epochs=4)))
    assert half.epochs == 2
    assert told(rest) == told(whole)
    assert not list(folder.rglob("meeting-*"))


@pytest.mark.slow
def test_trials_follow_one_another_in_the_same_processes(folder):
    with LocalExecutor(evaluator(folder), workers=1) as executor:
        events = list(executor.run([task(number, folder, epochs=1) for number in range(3)]))
    finished = [event.evaluation for event in events if isinstance(event, Finished)]
    assert len(finished) == 3
    assert len({one.accuracy for one in finished}) == 1


@pytest.mark.slow
def test_a_group_that_diverges_says_so(folder):
    one = with_recipe(task(0, folder), lr=1e9)
    with LocalExecutor(evaluator(folder), workers=1) as executor:
        events = list(executor.run([one, task(1, folder)]))
    failed = [event for event in events if isinstance(event, Failed)]
    assert [event.failure.reason for event in failed] == [FailureReason.DIVERGED]
    assert any(isinstance(event, Finished) and event.number == 1 for event in events)


def members() -> list[int]:
    """Processes of groups on this machine."""
    listed = subprocess.run(
        ["pgrep", "-f", "nars.evaluation.group_member"], capture_output=True, text=True, check=False
    )
    return [int(line) for line in listed.stdout.split() if int(line) != os.getpid()]


@pytest.mark.slow
def test_a_process_that_is_killed_fails_its_trial_and_the_next_one_trains(folder):
    before = set(members())
    failures, finished = [], []
    with LocalExecutor(evaluator(folder), workers=1) as executor:
        for event in executor.run([task(0, folder, epochs=200), task(1, folder)]):
            if isinstance(event, Epoch) and event.number == 0 and not failures:
                for member in set(members()) - before:
                    os.kill(member, signal.SIGKILL)
            failures += [event] if isinstance(event, Failed) else []
            finished += [event] if isinstance(event, Finished) else []
    assert [event.number for event in failures] == [0]
    assert "process 1: ended with code -9" in failures[0].failure.message
    assert [event.number for event in finished] == [1]


@pytest.mark.slow
def test_the_others_end_with_the_worker(folder):
    before = set(members())
    with LocalExecutor(evaluator(folder), workers=1) as executor:
        for event in executor.run([task(0, folder, epochs=500)]):
            if isinstance(event, Epoch):
                assert set(members()) - before
                break
    for _ in range(100):
        if not set(members()) - before:
            return
        time.sleep(0.1)
    raise AssertionError("a process of the group is left")


@pytest.mark.slow
def test_a_batch_that_is_too_small_is_named(folder):
    one = with_recipe(task(0, folder), batch_size=3)
    with LocalExecutor(evaluator(folder), workers=1) as executor:
        (failed,) = [event for event in executor.run([one]) if isinstance(event, Failed)]
    assert "batch_size must be >= 4 for 2 processes, got 3" in failed.failure.message

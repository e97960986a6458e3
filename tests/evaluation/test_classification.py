import pickle
from pathlib import Path

import pytest
import torch

from nars.data.source import load_split, prepare_splits
from nars.evaluation import Epoch, Finished, LocalExecutor, Started
from nars.evaluation.classification import ClassificationEvaluator
from nars.space.data_spec import DataSpec
from nars.trials import EpochRecord
from tests.evaluation.tasks import task, tasks


def evaluator(directory: Path) -> ClassificationEvaluator:
    return ClassificationEvaluator(spec=DataSpec(), directory=directory, size=8, threads=1, device="cpu")


def test_trials_train_in_workers_and_tell_their_epochs(tmp_path: Path) -> None:
    prepare_splits(DataSpec(), tmp_path)
    with LocalExecutor(evaluator(tmp_path), workers=2, threads=1) as executor:
        events = list(executor.run(tasks(3, tmp_path)))
    finished = {event.number: event.evaluation for event in events if isinstance(event, Finished)}
    assert sorted(finished) == [0, 1, 2]
    for number, evaluation in finished.items():
        told = [event.record for event in events if isinstance(event, Epoch) and event.number == number]
        assert evaluation.curve == tuple(told)
        assert evaluation.epochs == 2
    # the same candidate and seed, whichever worker trains it
    assert len({evaluation.accuracy for evaluation in finished.values()}) == 1
    assert [event.number for event in events if isinstance(event, Started)] == [0, 1, 2]


def test_the_fidelity_stops_a_trial_early_and_another_goes_on_from_there(tmp_path: Path) -> None:
    prepare_splits(DataSpec(), tmp_path)
    records: list[EpochRecord] = []
    threads = torch.get_num_threads()
    ours = evaluator(tmp_path)
    ours.prepare()
    assert torch.get_num_threads() == 1
    torch.set_num_threads(threads)
    half = ours.evaluate(task(0, tmp_path, fidelity=0.5), records.append)
    assert (half.epochs, len(records)) == (1, 1)
    whole_task = task(1, tmp_path)
    whole = ours.evaluate(pickle.loads(pickle.dumps(whole_task)), records.append)
    assert (whole.epochs, len(records)) == (2, 3)


def test_it_never_reads_the_test_split(tmp_path: Path) -> None:
    prepare_splits(DataSpec(), tmp_path)
    ours = evaluator(tmp_path)
    ours.prepare()
    assert ours._splits is not None
    splits = prepare_splits(DataSpec(), tmp_path)
    for split, name in zip(ours._splits, ("train", "val"), strict=True):
        assert torch.equal(split.images, load_split(splits, name, size=8).images)  # type: ignore[arg-type]


def test_evaluating_unprepared_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"^prepare must be called before evaluate$"):
        evaluator(tmp_path).evaluate(task(0, tmp_path), lambda _: None)

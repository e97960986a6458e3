import math
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import optuna
import pytest

from nars.errors import CostError, ExperimentError
from nars.space.loader import parse_space
from nars.storage import Experiment, StudyStorage
from nars.storage.study_database import _write
from nars.trials import Failure, FailureReason, SearchStage, TrialState
from tests.storage.studies import SPACE_TEXT, cost_of, epoch_record, evaluation_of, fill, sample, small_space


@pytest.fixture
def url(tmp_path: Path) -> str:
    return Experiment(tmp_path).url


@pytest.fixture(scope="module")
def empty_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    experiment = Experiment(tmp_path_factory.mktemp("empty"))
    StudyStorage.create(experiment.url, space=small_space(), seed=7, trials=24).close()
    return experiment.database


@pytest.fixture
def storage(url: str, tmp_path: Path, empty_study: Path) -> Iterator[StudyStorage]:
    shutil.copy(empty_study, tmp_path / "study.db")
    with StudyStorage.open(url) as opened:
        yield opened


def add(storage: StudyStorage, number: int, **changes):
    values = {
        "stage": SearchStage.COARSE, "round": 0, "fidelity": 1.0, "seed": 3, "cost": cost_of(50_000),
    }  # fmt: skip
    return storage.add(sample(number + 1)[number], number=number, **(values | changes))


def test_a_study_keeps_its_space_seed_settings_and_budgets(storage, url):
    storage.append_budget(10)
    storage.note("fidelity", "half of the epochs")
    with StudyStorage.open(url) as read:
        assert read.space == small_space()
        assert read.space_text == SPACE_TEXT
        assert (read.name, read.seed, read.budgets) == ("small", 7, (24, 10))
        assert read.settings == replace(small_space().settings, seed=7, trials=24)
        assert read.notes == {"fidelity": "half of the epochs"}
        assert read.optuna_study(optuna.samplers.RandomSampler()).direction.name == "MAXIMIZE"


def test_records_come_back_as_they_went(storage, url):
    running = add(storage, 0, stage=SearchStage.FINAL, round=2, fidelity=0.5)
    assert running.state is TrialState.RUNNING
    assert storage.trials() == (running,)
    add(storage, 1)
    add(storage, 2)
    evaluation, failure = evaluation_of(0.9), Failure(reason=FailureReason.OUT_OF_MEMORY, message="12 GiB asked")
    storage.complete(1, evaluation)
    storage.fail(2, failure)
    first, second, third = storage.trials()
    assert first == running
    assert (first.candidate, first.cost) == (sample(1)[0], cost_of(50_000))
    assert (first.stage, first.round, first.fidelity, first.seed) == (SearchStage.FINAL, 2, 0.5, 3)
    assert (second.state, second.evaluation, second.failure) == (TrialState.COMPLETE, evaluation, None)
    assert (third.state, third.evaluation, third.failure) == (TrialState.FAILED, None, failure)
    with StudyStorage.open(url) as read:
        assert read.trials() == storage.trials()


def test_every_sampled_candidate_survives(storage):
    candidates = sample(15, seed=5)
    for number, candidate in enumerate(candidates):
        storage.add(
            candidate, number=number, stage=SearchStage.COARSE, round=0, fidelity=1.0, seed=0, cost=cost_of(50_000)
        )
    assert [trial.candidate for trial in storage.trials()] == candidates


def test_optuna_reads_the_file_as_it_is(storage, url):
    trial = add(storage, 0)
    storage.report(0, epoch_record(1, 0.25))
    storage.complete(0, evaluation_of(0.75, epochs=2))
    study = optuna.load_study(study_name="small", storage=url)
    (frozen,) = study.trials
    assert frozen.params == storage.space.values_of(trial.candidate)
    assert frozen.value == study.best_value == 0.75
    assert frozen.intermediate_values == {1: 0.25, 2: 0.75}
    assert frozen.distributions["recipe.lr"] == optuna.distributions.FloatDistribution(1e-3, 1.0, log=True)
    width = frozen.distributions["architecture.stages[0].width"]
    assert width == optuna.distributions.IntDistribution(8, 32, step=8)
    resolution = frozen.distributions["architecture.resolution"]
    assert resolution == optuna.distributions.CategoricalDistribution((16, 24, 32))
    assert frozen.user_attrs["macs"] == 50_000
    assert frozen.user_attrs["candidate_id"] == trial.candidate.id


def test_optuna_sees_violated_constraints(storage):
    add(storage, 0, cost=cost_of(50_000))
    add(storage, 1, cost=cost_of(1_500_000))
    inside, outside = storage.optuna_study(optuna.samplers.RandomSampler()).trials
    assert inside.constraints == {"macs_max": 50_000 / 1_000_000 - 1, "macs_min": 1 - 50_000 / 10_000}
    assert all(violation <= 0 for violation in inside.constraints.values())
    assert outside.constraints["macs_max"] == 0.5


def test_the_same_epoch_again_replaces_what_was_there(storage, url):
    add(storage, 0)
    for accuracy in (0.1, 0.2):
        storage.report(0, epoch_record(1, accuracy))
    (frozen,) = optuna.load_study(study_name="small", storage=url).trials
    assert frozen.intermediate_values == {1: 0.2}


def test_finished_trials_never_change(storage):
    add(storage, 0)
    add(storage, 1)
    storage.complete(0, evaluation_of(0.9))
    storage.fail(1, Failure(reason=FailureReason.CRASHED, message="exit code -11"))
    before = storage.trials()
    for number, state in ((0, "complete"), (1, "failed")):
        refusal = f"^trial {number} is {state} and cannot change$"
        with pytest.raises(ExperimentError, match=refusal):
            storage.complete(number, evaluation_of(0.5))
        with pytest.raises(ExperimentError, match=refusal):
            storage.fail(number, Failure(reason=FailureReason.ERROR, message=""))
        with pytest.raises(ExperimentError, match=refusal):
            storage.report(number, epoch_record(9, 0.5))
    assert storage.trials() == before


def test_a_trial_whose_evaluation_is_stored_but_not_its_state_still_runs(storage, url):
    running = add(storage, 0)
    database = optuna.storages.RDBStorage(url)
    database.set_trial_user_attr(1, "evaluation", {"accuracy": 0.1})
    assert storage.trials() == (running,)
    storage.complete(0, evaluation_of(0.9))
    assert storage.trials()[0].evaluation == evaluation_of(0.9)


def test_a_trial_gets_the_expected_number_or_none(storage):
    add(storage, 0)
    for wrong in (0, 2):
        with pytest.raises(ExperimentError, match=rf"^trial {wrong} cannot be added: the study's next trial is 1$"):
            add(storage, wrong)
    assert len(storage.trials()) == 1
    with pytest.raises(ExperimentError, match=r"^trial 5 does not exist in study small$"):
        storage.report(5, epoch_record(1, 0.5))


@pytest.mark.parametrize("accuracy", [math.nan, math.inf, -0.1, 1.5])
def test_an_accuracy_that_is_none_is_refused(storage, accuracy):
    add(storage, 0)
    with pytest.raises(ExperimentError, match=rf"^accuracy of trial 0 must be in \[0, 1\], got {accuracy}$"):
        storage.complete(0, replace(evaluation_of(0.5), accuracy=accuracy))
    assert storage.trials()[0].state is TrialState.RUNNING


def test_a_candidate_of_another_space_is_refused(storage):
    candidate = sample(1)[0]
    common = {"number": 0, "stage": SearchStage.COARSE, "round": 0, "fidelity": 1.0, "seed": 0, "cost": cost_of(1)}
    other = replace(candidate, recipe=replace(candidate.recipe, lr=3.0))
    with pytest.raises(ExperimentError, match=r"recipe\.lr must be between 0\.001 and 1, got 3\.0$"):
        storage.add(other, **common)
    other = replace(candidate, recipe=replace(candidate.recipe, batch_size=64))
    with pytest.raises(ExperimentError, match=r"is not in space small: a fixed setting differs$"):
        storage.add(other, **common)
    assert storage.trials() == ()


def test_an_unknown_latency_cannot_be_bounded(url):
    text = SPACE_TEXT + "  latency_ms: {max: 5}\nlatency: {table: phone.csv}\n"
    space = parse_space(text, source="x").with_data_shape(in_channels=1, num_classes=10)
    with (
        StudyStorage.create(url, space=space, seed=0, trials=1) as storage,
        pytest.raises(CostError, match=r"latency_ms"),
    ):
        add(storage, 0)


def test_timings_are_in_utc(storage):
    before = datetime.now(UTC)
    add(storage, 0)
    add(storage, 1)
    storage.complete(0, evaluation_of(0.5))
    ended, running = storage.timings()
    assert before <= ended.started <= ended.ended <= datetime.now(UTC)
    assert ended.started.utcoffset() == timedelta(0)
    assert (running.number, running.ended) == (1, None)


@pytest.mark.usefixtures("storage")
def test_creating_where_a_study_is_tells_what_to_do(url, tmp_path):
    path = tmp_path / "study.db"
    with pytest.raises(ExperimentError) as same:
        StudyStorage.create(url, space=small_space(), seed=7, trials=24)
    assert str(same.value) == f"{path} holds this study already; resume it, or choose another name"
    other = replace(small_space(), fixed={**small_space().fixed, "recipe.batch_size": 8})
    with pytest.raises(ExperimentError) as another:
        StudyStorage.create(url, space=other, seed=7, trials=24)
    assert str(another.value) == (
        f"{path} holds a study of another search space (recipe.batch_size: 32 before, 8 now); choose another name, "
        f"and --warm-start small to use what it has learnt"
    )


def test_opening_nothing_writes_nothing(url, tmp_path):
    with pytest.raises(ExperimentError, match=r"there is no such file$"):
        StudyStorage.open(url)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ExperimentError, match=r"a study's address must look like"):
        StudyStorage.open("not an address")


@pytest.mark.parametrize("content", [b"", b"not a database" * 100])
def test_a_damaged_file_is_named(url, tmp_path, content):
    (tmp_path / "study.db").write_bytes(content)
    with pytest.raises(ExperimentError, match=str(tmp_path / "study.db")):
        StudyStorage.open(url)


def test_a_study_that_others_wrote_is_refused(url):
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    optuna.create_study(study_name="small", storage=url)
    with pytest.raises(ExperimentError, match=r"study\.db was not written by NARS$"):
        StudyStorage.open(url)


@pytest.mark.usefixtures("storage")
def test_a_study_of_a_later_format_is_refused(url):
    study = optuna.load_study(study_name="small", storage=url)
    study.set_user_attr("nars", study.user_attrs["nars"] | {"format": 2, "nars_version": "9.0"})
    with pytest.raises(ExperimentError, match=r"has format 2 of NARS 9\.0, this version reads format 1$"):
        StudyStorage.open(url)


def test_trials_that_others_added_are_refused(storage):
    storage.optuna_study(optuna.samplers.RandomSampler()).add_trial(optuna.trial.create_trial(value=1.0))
    with pytest.raises(ExperimentError, match=r"^trial 0 \(complete\) was not written by NARS or is damaged"):
        storage.trials()


def test_a_full_disk_is_told_with_the_free_bytes(storage, tmp_path):
    add(storage, 0)
    # The database's own limit raises the very error of a full disk.
    with storage._database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    blown_up = Failure(reason=FailureReason.ERROR, message="x" * 1_000_000)
    told = rf"^study {tmp_path}/study\.db cannot be written: database or disk is full \([\d,]+ bytes free\); free some"
    with pytest.raises(ExperimentError, match=told):
        storage.fail(0, blown_up)
    assert storage.trials()[0].state is TrialState.RUNNING


def test_folder_names_need_no_care(tmp_path):
    directory = tmp_path / "50% {a} ? #b é"
    directory.mkdir()
    experiment = Experiment(directory)
    with StudyStorage.create(experiment.url, space=small_space(), seed=0, trials=1) as storage:
        add(storage, 0)
    assert [path.name for path in directory.iterdir()] == ["study.db"]
    with StudyStorage.open(experiment.url) as storage:
        assert len(storage.trials()) == 1


def test_one_database_holds_many_studies(storage, url):
    record = replace(storage._record, seed=8)
    # The way of a database server, which has no file of ours that could be moved to its place.
    _write(url, name="other", directions=["maximize"], record=record)
    with pytest.raises(ExperimentError, match=r"^study 'other' exists already in .*study\.db; choose another name$"):
        _write(url, name="other", directions=["maximize"], record=record)
    for name, seed in (("small", 7), ("other", 8)):
        with StudyStorage.open(url, name=name) as read:
            assert (read.name, read.seed) == (name, seed)
    with pytest.raises(ExperimentError, match=r"^not exactly one study in .*; there are: small, other$"):
        StudyStorage.open(url)
    with pytest.raises(ExperimentError, match=r"^no study 'c' in .*; there are: small, other$"):
        StudyStorage.open(url, name="c")


def test_a_kill_while_a_study_is_made_leaves_none(url, tmp_path, empty_study):
    half = empty_study.read_bytes()[:5000]
    (tmp_path / "study.db.new").write_bytes(half)
    (tmp_path / "study.db.new-journal").write_bytes(b"left over")
    StudyStorage.create(url, space=small_space(), seed=0, trials=1).close()
    assert [path.name for path in tmp_path.iterdir()] == ["study.db"]


def test_optuna_stays_quiet(url, capfd):
    verbosity = optuna.logging.get_verbosity()
    with StudyStorage.create(url, space=small_space(), seed=0, trials=1) as storage:
        fill(storage, [0.5, None, 0.6])
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")
    assert optuna.logging.get_verbosity() == verbosity


_WRITER = """
import sys
from nars.storage import StudyStorage
from nars.trials import SearchStage
from tests.storage.studies import cost_of, epoch_record, evaluation_of, sample
storage = StudyStorage.open(sys.argv[1])
start = len(storage.trials())
for number, candidate in enumerate(sample(start + 1000)[start:], start):
    storage.add(
        candidate, number=number, stage=SearchStage.COARSE, round=0, fidelity=1.0, seed=0, cost=cost_of(50_000)
    )
    print(number, flush=True)
    storage.report(number, epoch_record(1, 0.4))
    storage.complete(number, evaluation_of(0.5))
"""


@pytest.mark.usefixtures("storage")
def test_sigkill_in_the_middle_of_writing_leaves_a_readable_study(url):
    shown: list[int] = []
    for delay in (0.03, 0.08):
        with subprocess.Popen(
            [sys.executable, "-c", _WRITER, url], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
        ) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            time.sleep(delay)
            os.kill(process.pid, signal.SIGKILL)
            shown += [int(line) for line in (first, *process.stdout)]
        with StudyStorage.open(url) as read:
            trials = read.trials()
            # Everything that the writer said it added is there, whole; a last one may not have been announced.
            assert len(trials) in (shown[-1] + 1, shown[-1] + 2)
            assert [t.candidate for t in trials] == sample(len(trials))
            assert all(t.state in (TrialState.COMPLETE, TrialState.RUNNING) for t in trials)
            for trial in trials:
                if trial.state is TrialState.RUNNING:
                    read.complete(trial.number, evaluation_of(0.5))
    assert shown == sorted(set(shown))

"""Trials read at once are those that Optuna reads one by one; Optuna's own storage is the reference."""

import math
import time
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import RDBStorage
from optuna.trial import TrialState, create_trial

from nars.storage.bulk_reading import BulkReadingStorage
from nars.storage.study_database import disconnect

STUDY = "every kind"


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A database with two studies; the first has a trial of every kind."""
    url = f"sqlite:///{tmp_path / 'study.db'}"
    study = optuna.create_study(storage=url, study_name=STUDY, directions=["maximize", "minimize"])
    optuna.create_study(storage=url, study_name="another").add_trial(create_trial(value=3.0))
    # Not in the order of the alphabet, in which the database keeps them.
    params = {"z": 3, "kernel": None, "lr": 0.1 + 0.2, "norm": "bn", "deep": True}
    distributions = {
        "z": IntDistribution(1, 9, step=2),
        "kernel": CategoricalDistribution([None, 3]),
        "lr": FloatDistribution(1e-4, 1.0, log=True),
        "norm": CategoricalDistribution(["bn", "syncbn"]),
        "deep": CategoricalDistribution([True, False]),
    }
    study.add_trial(
        create_trial(
            values=[math.inf, -math.inf],
            params=params,
            distributions=distributions,
            user_attrs={"curve": [{"epoch": 1, "loss": 0.1 + 0.2}], "seed": 2**70, "lost": math.nan},
            system_attrs={"note": None},
            intermediate_values={1: math.nan, 2: math.inf, 10: -math.inf, 3: 1 / 3},
            constraints={"macs_max": -0.5},
        )
    )
    study.add_trial(create_trial(values=[0.5, 0.25]))
    study.add_trial(create_trial(state=TrialState.FAIL, user_attrs={"failure": "out of memory"}))
    study.add_trial(create_trial(state=TrialState.PRUNED, intermediate_values={1: 0.1}))
    study.enqueue_trial({"z": 5})
    study.ask().suggest_int("z", 1, 9, step=2)
    study.ask()
    yield url
    study._storage.remove_session()


def read(kind: type[RDBStorage], url: str, **chosen: object) -> list[optuna.trial.FrozenTrial]:
    """What a storage reads, as Optuna's cache asks it to."""
    database = kind(url)
    everything = {"states": None, "included_trial_ids": set(), "trial_id_greater_than": -1}
    try:
        return database._get_trials(database.get_study_id_from_name(STUDY), **everything | chosen)
    finally:
        disconnect(database)


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        ({}, 6),
        ({"states": (TrialState.COMPLETE,)}, 2),
        ({"states": (TrialState.RUNNING, TrialState.FAIL)}, 3),
        ({"trial_id_greater_than": 4}, 3),
        ({"trial_id_greater_than": 4, "included_trial_ids": {1, 3, 6}}, 4),  # 1 is of the other study
        ({"included_trial_ids": {1}}, 6),
        ({"trial_id_greater_than": 100}, 0),
    ],
)
def test_what_is_read_is_what_optuna_reads(url: str, chosen: dict[str, object], count: int) -> None:
    found, expected = read(BulkReadingStorage, url, **chosen), read(RDBStorage, url, **chosen)
    assert len(found) == count
    # NaN differs from itself, but not its text.
    assert [repr(trial) for trial in found] == [repr(trial) for trial in expected]
    assert [list(trial.params) for trial in found] == [list(trial.params) for trial in expected]


def test_times_are_local_times(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        found, expected = read(BulkReadingStorage, url), read(RDBStorage, url)
    time.tzset()
    assert [trial.datetime_start for trial in found] == [trial.datetime_start for trial in expected]
    assert [trial.datetime_complete for trial in found] == [trial.datetime_complete for trial in expected]


def test_a_study_that_is_not_there_is_refused(url: str) -> None:
    database = BulkReadingStorage(url)
    with pytest.raises(KeyError):
        database._get_trials(99, None, set(), -1)
    disconnect(database)

"""A trial added at once is stored as Optuna stores it; Optuna's own storage is the reference."""

import math
from datetime import datetime
from pathlib import Path

import optuna
import pytest
import sqlalchemy as sa
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from nars.storage.bulk_adding import BulkStorage
from nars.storage.study_database import connect, disconnect

FULL = create_trial(
    values=[math.inf, 0.1 + 0.2],
    params={"z": 3, "kernel": None, "lr": 0.1 + 0.2, "norm": "bn"},
    distributions={
        "z": IntDistribution(1, 9, step=2),
        "kernel": CategoricalDistribution([None, 3]),
        "lr": FloatDistribution(1e-4, 1.0, log=True),
        "norm": CategoricalDistribution(["bn", "syncbn"]),
    },
    user_attrs={"curve": [{"epoch": 1, "loss": 0.1 + 0.2}], "seed": 2**70},
    system_attrs={"note": None},
    intermediate_values={1: math.nan, 2: math.inf, 10: -math.inf, 3: 1 / 3},
)
RUNNING = create_trial(state=TrialState.RUNNING, params={"z": 5}, distributions={"z": IntDistribution(1, 9, step=2)})
FAILED = create_trial(state=TrialState.FAIL, user_attrs={"failure": "out of memory"})
MOMENT = datetime.fromisoformat("2026-11-30T12:30:15.000125")  # Optuna's have no zone


def filled(kind: type[RDBStorage], path: Path) -> str:
    """A database into which a storage has put a trial of every kind, in the second study of two."""
    url = f"sqlite:///{path}"
    database = kind(url)
    optuna.create_study(storage=database, study_name="another").add_trial(create_trial(value=3.0))
    study = optuna.create_study(storage=database, study_name="study", directions=["maximize", "minimize"])
    study.sampler = optuna.samplers.RandomSampler(seed=0)
    for trial in (FULL, RUNNING, FAILED):
        trial.datetime_start = MOMENT
        study.add_trial(trial)
    study.ask().suggest_int("z", 1, 9, step=2)
    disconnect(database)
    return url


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, times of asking and finishing apart."""
    engine = sa.create_engine(url)
    metadata = sa.MetaData()
    metadata.reflect(engine)
    with engine.connect() as connection:
        found = {
            name: sorted(repr(tuple(row)) for row in connection.execute(sa.select(table)))
            for name, table in metadata.tables.items()
            if name not in {"trials", "version_info"}
        }
        trials = metadata.tables["trials"].c["trial_id", "number", "study_id", "state"]
        found["trials"] = [tuple(row) for row in connection.execute(sa.select(trials))]
    engine.dispose()
    return found


def test_what_is_stored_is_what_optuna_stores(tmp_path: Path) -> None:
    ours, optunas = filled(BulkStorage, tmp_path / "ours.db"), filled(RDBStorage, tmp_path / "optunas.db")
    assert rows(ours) == rows(optunas)
    assert len(rows(ours)["trial_params"]) == 6
    first = optuna.load_study(storage=ours, study_name="study").trials[0]
    assert (first.params, first.distributions, first.datetime_start) == (FULL.params, FULL.distributions, MOMENT)
    assert list(first.params) == ["z", "kernel", "lr", "norm"]


def statements(database: RDBStorage, trial: FrozenTrial) -> int:
    """How many a storage sends to add a trial."""
    sent = []
    study = optuna.load_study(storage=database, study_name="study")
    sa.event.listen(database.engine, "before_cursor_execute", lambda *event: sent.append(event[2]))
    study.add_trial(trial)
    return len(sent)


def test_a_trial_takes_few_statements(tmp_path: Path) -> None:
    counts = {}
    for kind in (BulkStorage, RDBStorage):
        database = kind(filled(kind, tmp_path / f"{kind.__name__}.db"))
        statements(database, FULL)
        counts[kind] = statements(database, FULL)
        disconnect(database)
    assert counts[BulkStorage] <= 9
    assert counts[RDBStorage] > 3 * counts[BulkStorage]


@pytest.mark.parametrize("is_known", [True, False])
def test_a_param_that_has_changed_is_refused(tmp_path: Path, *, is_known: bool) -> None:
    database = BulkStorage(filled(BulkStorage, tmp_path / "study.db"))
    study = optuna.load_study(storage=database, study_name="study")
    if is_known:
        study.add_trial(RUNNING)
    before = len(study.trials)
    changed = create_trial(values=[1.0, 1.0], params={"z": 0.5}, distributions={"z": FloatDistribution(0, 1)})
    with pytest.raises(ValueError, match="distribution"):
        study.add_trial(changed)
    assert len(study.trials) == before
    disconnect(database)


def test_a_study_is_opened_so(tmp_path: Path) -> None:
    database = connect(filled(RDBStorage, tmp_path / "study.db"), create_tables=False)
    assert isinstance(database, BulkStorage)
    disconnect(database)

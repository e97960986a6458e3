"""Optuna's relational storage, its trials read at once: six statements, and no object for each row.

A study of 10,000 trials is 600,000 rows, most of them params. Optuna makes an object of each, which takes several times
as long as reading it. What is read is the same to the last bit, and everything else is left to Optuna.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from operator import itemgetter
from sys import intern
from typing import Any

import sqlalchemy as sa
from optuna.distributions import BaseDistribution, json_to_distribution
from optuna.storages import RDBStorage
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial, TrialState
from pydantic_core import from_json
from sqlalchemy.engine import Connection

_Rows = dict[int, list[tuple[Any, ...]]]
"""By the id of the trial that they are of, which each row starts with."""


class BulkReadingStorage(RDBStorage):
    """Optuna's storage; it overrides what every reading of several trials comes down to."""

    def _get_trials(
        self,
        study_id: int,
        states: Container[TrialState] | None,
        included_trial_ids: set[int],
        trial_id_greater_than: int,
    ) -> list[FrozenTrial]:
        """Trials of a study in the order of their ids: all whose id is greater, and the included ones."""
        chosen = models.TrialModel.study_id == study_id
        if states is not None:
            assert isinstance(states, Iterable)
            chosen &= models.TrialModel.state.in_(list(states))
        if trial_id_greater_than > -1:
            earlier = [trial_id for trial_id in included_trial_ids if trial_id <= trial_id_greater_than]
            chosen &= (models.TrialModel.trial_id > trial_id_greater_than) | models.TrialModel.trial_id.in_(earlier)
        self.get_study_name_from_id(study_id)  # refuses a study that does not exist
        with self.engine.connect() as connection:
            return _read(connection, chosen)


def _read(connection: Connection, chosen: sa.ColumnElement[bool]) -> list[FrozenTrial]:
    """The chosen trials."""

    def rows(model: Any, *columns: str) -> _Rows:
        found: _Rows = defaultdict(list)
        wanted = sa.select(model.__table__.c["trial_id", *columns]).join(models.TrialModel).where(chosen)
        # The driver's own rows: SQLAlchemy's, which know their columns' names, take half as long again.
        for row in connection.execute(wanted).cursor.fetchall():
            found[row[0]].append(row)
        return found

    own = models.TrialModel.__table__.c["trial_id", "number", "state", "datetime_start", "datetime_complete"]
    # Read before the other rows: what a finished trial has was all there before it was finished.
    trials = connection.execute(sa.select(own).where(chosen).order_by(own.trial_id)).all()
    params = rows(models.TrialParamModel, "param_id", "param_name", "param_value", "distribution_json")
    values = rows(models.TrialValueModel, "objective", "value", "value_type")
    reports = rows(models.TrialIntermediateValueModel, "step", "intermediate_value", "intermediate_value_type")
    user = rows(models.TrialUserAttributeModel, "key", "value_json")
    system = rows(models.TrialSystemAttributeModel, "key", "value_json")
    return [
        FrozenTrial(
            number=number,
            state=state,
            value=None,
            values=_values(values.get(trial_id, [])),
            datetime_start=_local(started),
            datetime_complete=_local(completed),
            **_params(params.get(trial_id, [])),
            user_attrs=_attributes(user.get(trial_id, [])),
            system_attrs=_attributes(system.get(trial_id, [])),
            intermediate_values=_reports(reports.get(trial_id, [])),
            trial_id=trial_id,
        )
        for trial_id, number, state, started, completed in trials
    ]


def _params(rows: Sequence[tuple[Any, ...]]) -> dict[str, dict[str, Any]]:
    """Values and distributions in the order in which they were suggested."""
    params, distributions = {}, {}
    for _, _, name, stored, text in sorted(rows, key=itemgetter(1)):
        distribution = _distribution(text)
        path = intern(name)  # the same few in every trial
        params[path], distributions[path] = distribution.to_external_repr(stored), distribution
    return {"params": params, "distributions": distributions}


@cache
def _distribution(text: str) -> BaseDistribution:
    """They never change, and a study has a few dozen."""
    return json_to_distribution(text)


def _values(rows: Sequence[tuple[Any, ...]]) -> list[float] | None:
    """One for each objective."""
    read, kinds = models.TrialValueModel.stored_repr_to_value, models.TrialValueModel.TrialValueType.__members__
    return [read(value, kinds[kind]) for _, _, value, kind in sorted(rows, key=itemgetter(1))] or None


def _reports(rows: Sequence[tuple[Any, ...]]) -> dict[int, float]:
    model = models.TrialIntermediateValueModel
    read, kinds = model.stored_repr_to_intermediate_value, model.TrialIntermediateValueType.__members__
    return {step: read(value, kinds[kind]) for _, step, value, kind in rows}


def _attributes(rows: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    return {intern(key): from_json(text) for _, key, text in rows}


def _local(moment: datetime | None) -> datetime | None:
    """Stored is UTC, a FrozenTrial has local time; both without a zone."""
    return None if moment is None else moment.replace(tzinfo=UTC).astimezone().replace(tzinfo=None)

"""Optuna's relational storage, a whole trial added at once.

Optuna asks the database twice about every param that it adds, and once about everything else: a hundred statements for
a trial with all of its params, a tenth of a second. What is stored is the same.
"""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from optuna.distributions import (
    BaseDistribution,
    check_distribution_compatibility,
    distribution_to_json,
    json_to_distribution,
)
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial
from sqlalchemy.orm import Session

from nars.storage.bulk_reading import BulkReadingStorage


class BulkStorage(BulkReadingStorage):
    """Optuna's storage; it overrides the inside of the transaction that adds a trial."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._distributions: dict[tuple[int, str], BaseDistribution] = {}
        """One that each param of a study has had, by the study's id and the param's name."""

    def _get_prepared_new_trial(
        self, study_id: int, template_trial: FrozenTrial | None, session: Session
    ) -> models.TrialModel:
        """The row of a new trial, and the rows of all that it has; the caller holds the study's lock."""
        if template_trial is None:
            return super()._get_prepared_new_trial(study_id, template_trial, session)
        trial = models.TrialModel(
            study_id=study_id,
            number=None,
            state=template_trial.state,
            datetime_start=template_trial.datetime_start,
            datetime_complete=template_trial.datetime_complete,
        )
        session.add(trial)
        session.flush()  # which gives it its id
        for name, distribution in template_trial.distributions.items():
            self._require_compatible(session, study_id, name, distribution)
        for model, rows in _rows(template_trial).items():
            if rows:
                session.execute(sa.insert(model.__table__), [{"trial_id": trial.trial_id} | row for row in rows])
        trial.number = trial.count_past_trials(session)
        return trial

    def _require_compatible(self, session: Session, study_id: int, name: str, distribution: BaseDistribution) -> None:
        """A param is of one kind throughout a study; the database is asked once for each."""
        if (study_id, name) not in self._distributions:
            of_study = session.query(models.TrialParamModel).join(models.TrialModel).filter_by(study_id=study_id)
            row = of_study.filter(models.TrialParamModel.param_name == name).first()
            known = distribution if row is None else json_to_distribution(str(row.distribution_json))
            self._distributions[study_id, name] = known
        check_distribution_compatibility(self._distributions[study_id, name], distribution)


def _rows(trial: FrozenTrial) -> dict[type[models.BaseModel], list[dict[str, Any]]]:
    """All rows of a trial but its own, by the table that they are for."""
    return {
        models.TrialValueModel: [_value(index, value) for index, value in enumerate(trial.values or ())],
        models.TrialParamModel: [_param(name, trial.params[name], kind) for name, kind in trial.distributions.items()],
        models.TrialUserAttributeModel: _attributes(trial.user_attrs),
        models.TrialSystemAttributeModel: _attributes(trial.system_attrs),
        models.TrialIntermediateValueModel: [_report(step, value) for step, value in trial.intermediate_values.items()],
    }


def _value(objective: int, value: float) -> dict[str, Any]:
    stored, kind = models.TrialValueModel.value_to_stored_repr(value)
    return {"objective": objective, "value": stored, "value_type": kind}


def _param(name: str, value: Any, kind: BaseDistribution) -> dict[str, Any]:
    stored = kind.to_internal_repr(value)
    return {"param_name": name, "param_value": stored, "distribution_json": distribution_to_json(kind)}


def _report(step: int, value: float) -> dict[str, Any]:
    stored, kind = models.TrialIntermediateValueModel.intermediate_value_to_stored_repr(value)
    return {"step": step, "intermediate_value": stored, "intermediate_value_type": kind}


def _attributes(values: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"key": key, "value_json": json.dumps(value)} for key, value in values.items()]

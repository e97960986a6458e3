"""A study: one Optuna study in a database, seen as trial records. It is the only memory of a search."""

import gc
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.samplers import BaseSampler, RandomSampler
from optuna.storages import BaseStorage

from nars.errors import ExperimentError, TrialEndedError
from nars.space.candidate import Candidate
from nars.space.changes import changes
from nars.space.search_space import SearchSpace
from nars.space.settings import SearchSettings
from nars.storage.database_errors import explained, file_of, patiently, shown
from nars.storage.objectives import directions, objective_values
from nars.storage.study_database import connect, disconnect, find_study, write_study
from nars.storage.study_record import ATTRIBUTE, StudyRecord, WarmStart, data_shape, read_record
from nars.storage.timing import Timing
from nars.storage.trial_records import EVALUATION, FAILURE, STATES, cost_of, running_trial, trial_record
from nars.trials import Cost, EpochRecord, Evaluation, Failure, FamilyBudget, SearchStage, Trial, TrialState
from nars.version import VERSION


class StudyStorage:
    """One study, read by anyone; who may write what of it, `Claims` tells.

    Each change is one transaction: a process killed at any moment leaves every trial absent, running or finished,
    never in between. Running trials may change; complete and failed ones never do.
    """

    def __init__(self, url: str, database: BaseStorage, name: str) -> None:
        """Used by ``create`` and ``open``."""
        self._url = url
        self._database = database
        self._name = name
        self._id = database.get_study_id_from_name(name)
        self._record = read_record(database.get_study_user_attrs(self._id).get(ATTRIBUTE), shown(url))
        self._space = self._record.space(shown(url))
        self._study = self.optuna_study(RandomSampler(seed=0))
        # Finished trials never change: each is turned into a record once.
        self._finished: dict[int, Trial] = {}
        # Optuna's ids by number, which never change either; asking for one costs as much as a report.
        self._ids: dict[int, int] = {}

    @classmethod
    def create(
        cls,
        url: str,
        *,
        space: SearchSpace,
        seed: int,
        trials: int,
        settings: SearchSettings | None = None,
        warm_start: WarmStart | None = None,
        name: str | None = None,
    ) -> Self:
        """Makes a new study.

        Args:
            url: Database address, as ``Experiment.url`` or ``postgresql+psycopg://...``.
            space: The space, joined to its data's shape.
            seed: Of everything that the search draws.
            trials: How many trials the search asks for: the first budget.
            settings: How the search spends its trials; the space's own by default.
            warm_start: What the study starts with.
            name: What optuna calls the study; the space's name by default.

        Raises:
            ExperimentError: If there is a study already, or the database cannot be written.
        """
        channels, classes = data_shape(space)
        record = StudyRecord(
            nars_version=VERSION,
            space_name=space.name,
            space_text=space.text,
            in_channels=channels,
            num_classes=classes,
            seed=seed,
            settings=replace(settings or space.settings, seed=seed, trials=trials),
            budgets=(trials,),
            warm_start=warm_start,
        )
        name, path = name or space.name, file_of(url)
        if path is not None and path.exists():
            with cls.open(url) as present:
                raise ExperimentError(_refusal(present, url=url, space=space))
        write_study(url, name=name, directions=directions(space), record=record)
        return cls.open(url, name=name)

    @classmethod
    def open(cls, url: str, *, name: str | None = None) -> Self:
        """The study of a database.

        Args:
            url: Database address.
            name: What optuna calls the study; may be left out where the database holds one.

        Raises:
            ExperimentError: If there is no such study, or it is damaged or of another format.
        """
        path = file_of(url)
        if path is not None and not path.is_file():
            raise ExperimentError(f"no study in {path}: there is no such file")
        with explained(url):
            database = connect(url, create_tables=False)
            try:
                return cls(url, database, find_study(database, source=shown(url), name=name))
            except BaseException:
                disconnect(database)
                raise

    def close(self) -> None:
        """Lets go of the database; the study can be opened again."""
        disconnect(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """What optuna calls the study."""
        return self._name

    @property
    def space(self) -> SearchSpace:
        """The search space as it was when the study was created, joined to its data's shape."""
        return self._space

    @property
    def space_text(self) -> str:
        """The space's YAML document."""
        return self._record.space_text

    @property
    def seed(self) -> int:
        """Seed of everything that the search draws."""
        return self._record.seed

    @property
    def settings(self) -> SearchSettings:
        """How the search spends its trials, as in force when the study was created."""
        return self._record.settings

    @property
    def budgets(self) -> tuple[int | FamilyBudget, ...]:
        """What was asked for: trials by the search first, then trials by each resume, or the winners of a family."""
        return self._record.budgets

    @property
    def warm_start(self) -> WarmStart | None:
        """What the study was given to start with."""
        return self._record.warm_start

    @property
    def notes(self) -> dict[str, str]:
        """What the search noted on its decisions, by subject."""
        return dict(self._record.notes)

    def append_budget(self, budget: int | FamilyBudget) -> None:
        """Asks for more trials, or for the winners of a family."""
        if isinstance(budget, int) and budget < 1:
            raise ExperimentError(f"more trials must be >= 1, got {budget}")
        self.refresh()
        self._rewrite(replace(self._record, budgets=(*self.budgets, budget)))

    def note(self, subject: str, sentence: str) -> None:
        """Notes what the search decided, for the summary; the same subject again replaces its sentence."""
        self.refresh()
        self._rewrite(replace(self._record, notes={**self._record.notes, subject: sentence}))

    def refresh(self) -> None:
        """Reads the budgets and notes again, which another process may have added to."""
        attributes = patiently(self._url, lambda: self._database.get_study_user_attrs(self._id))
        self._record = read_record(attributes.get(ATTRIBUTE), shown(self._url))

    def delete(self) -> None:
        """Takes the whole study out of its database; nothing else may be done with it afterwards."""
        with explained(self._url):
            self._database.delete_study(self._id)

    def optuna_study(self, sampler: BaseSampler) -> optuna.Study:
        """The Optuna study itself, with a sampler of the caller's."""
        with explained(self._url):
            return optuna.load_study(study_name=self._name, storage=self._database, sampler=sampler)

    def trials(self) -> tuple[Trial, ...]:
        """All trials in the order of their numbers."""
        with _without_garbage_collection():
            return tuple(self._trial(frozen) for frozen in self._stored())

    def timings(self) -> tuple[Timing, ...]:
        """When each trial started and ended, in the order of numbers."""
        return tuple(
            Timing(number=t.number, started=_in_utc(t.datetime_start), ended=_in_utc(t.datetime_complete))
            for t in self._stored()
        )

    def last_reports(self) -> dict[int, tuple[int, float]]:
        """The last epoch of each trial that has reported one, and the accuracy after it, by number."""
        return {
            stored.number: max(stored.intermediate_values.items())
            for stored in self._stored()
            if stored.intermediate_values
        }

    def add(
        self,
        candidate: Candidate,
        *,
        number: int,
        stage: SearchStage,
        round: int,  # noqa: A002 - the word of the trial record
        fidelity: float,
        seed: int,
        cost: Cost,
    ) -> Trial:
        """Adds a running trial, whole in one transaction.

        Args:
            candidate: One of the study's space.
            number: The number that the trial must get: how many there are.
            stage: Who asked for it.
            round: Index of the round that proposed it.
            fidelity: Share of the recipe's epochs, in (0, 1].
            seed: Of the training run.
            cost: What the candidate needs.

        Raises:
            ExperimentError: If another number is next, or the candidate is not in the space.
        """
        if not 0 < fidelity <= 1:
            raise ExperimentError(f"fidelity of trial {number} must be in (0, 1], got {fidelity}")
        frozen = running_trial(
            self._space, candidate, stage=stage, round_index=round, fidelity=fidelity, seed=seed, cost=cost
        )
        attempts = 0

        def append() -> None:
            nonlocal attempts
            attempts += 1
            stored = self._stored()
            # The server may have added it just before we lost it.
            if attempts > 1 and len(stored) == number + 1 and stored[number].user_attrs == frozen.user_attrs:
                return
            if number != len(stored):
                raise ExperimentError(f"trial {number} cannot be added: the study's next trial is {len(stored)}")
            self._study.add_trial(frozen)

        patiently(self._url, append)
        return replace(trial_record(self._space, frozen), number=number)

    def is_running(self, number: int) -> bool:
        """Whether a trial has not ended yet."""
        stored = patiently(self._url, lambda: self._database.get_trial(self._trial_id(number)))
        return STATES[stored.state] is TrialState.RUNNING

    def report(self, number: int, record: EpochRecord) -> None:
        """Records an epoch of a running trial; the same epoch again replaces what was there."""

        def change(trial_id: int) -> None:
            self._database.set_trial_intermediate_value(trial_id, record.epoch, record.val_accuracy)

        self._change(number, change)

    def complete(self, number: int, evaluation: Evaluation) -> None:
        """Ends a running trial with its metrics.

        Raises:
            TrialEndedError: If the trial has ended already.
            ExperimentError: If the accuracy is not in [0, 1].
        """
        if not (math.isfinite(evaluation.accuracy) and 0 <= evaluation.accuracy <= 1):
            raise ExperimentError(f"accuracy of trial {number} must be in [0, 1], got {evaluation.accuracy}")

        def change(trial_id: int) -> None:
            self._database.set_trial_user_attr(trial_id, EVALUATION, asdict(evaluation))
            stored = self._database.get_trial(trial_id)
            reported = stored.intermediate_values
            for epoch in evaluation.curve:
                # A kill between a checkpoint and its report leaves a gap that only the curve can fill.
                if epoch.epoch not in reported:
                    self._database.set_trial_intermediate_value(trial_id, epoch.epoch, epoch.val_accuracy)
            values = objective_values(self._space, evaluation.accuracy, cost_of(stored))
            self._database.set_trial_state_values(trial_id, optuna.trial.TrialState.COMPLETE, values)

        self._change(number, change, end=TrialState.COMPLETE)

    def fail(self, number: int, failure: Failure) -> None:
        """Ends a running trial with the reason why it failed.

        Raises:
            TrialEndedError: If the trial has ended already.
        """

        def change(trial_id: int) -> None:
            self._database.set_trial_user_attr(trial_id, FAILURE, asdict(failure))
            self._database.set_trial_state_values(trial_id, optuna.trial.TrialState.FAIL)

        self._change(number, change, end=TrialState.FAILED)

    def _stored(self) -> list[optuna.trial.FrozenTrial]:
        """Optuna's trials in the order of numbers; those that have ended are read from the database once."""
        with _without_garbage_collection():
            return patiently(self._url, lambda: self._study.get_trials(deepcopy=False))

    def _trial(self, frozen: optuna.trial.FrozenTrial) -> Trial:
        if frozen.number in self._finished:
            return self._finished[frozen.number]
        trial = trial_record(self._space, frozen)
        if trial.state is not TrialState.RUNNING:
            self._finished[frozen.number] = trial
        return trial

    def _trial_id(self, number: int) -> int:
        if number not in self._ids:
            self._ids[number] = self._database.get_trial_id_from_study_id_trial_number(self._id, number)
        return self._ids[number]

    def _rewrite(self, record: StudyRecord) -> None:
        patiently(self._url, lambda: self._database.set_study_user_attr(self._id, ATTRIBUTE, asdict(record)))
        self._record = record

    def _change(self, number: int, change: Callable[[int], None], *, end: TrialState | None = None) -> None:
        """Changes a running trial, given Optuna's id of it; again where a server was lost in between.

        Args:
            number: Of the trial.
            change: May be done twice.
            end: The state that it leaves the trial in, where it ends it.
        """
        attempts = 0

        def attempt() -> None:
            nonlocal attempts
            attempts += 1
            try:
                trial_id = self._trial_id(number)
            except KeyError as error:
                raise ExperimentError(f"trial {number} does not exist in study {self._name}") from error
            try:
                change(trial_id)
            except UpdateFinishedTrialError as error:
                state = STATES[self._database.get_trial(trial_id).state]
                # The server may have ended it just before we lost it.
                if attempts == 1 or state is not end:
                    raise TrialEndedError(f"trial {number} is {state} and cannot change") from error

        patiently(self._url, attempt)


def _refusal(present: StudyStorage, *, url: str, space: SearchSpace) -> str:
    """Why no other study can be made where one is."""
    changed = changes(present.space, space)
    if changed:
        rest = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        return (
            f"{shown(url)} holds a study of another search space ({'; '.join(changed[:3])}{rest}); choose another "
            f"name, and --warm-start {present.name} to use what it has learnt"
        )
    return f"{shown(url)} holds this study already; resume it, or choose another name"


def _in_utc(moment: datetime | None) -> datetime | None:
    """Optuna stores the local time of the process that wrote it."""
    return None if moment is None else moment.astimezone(UTC)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Collecting halves the speed of reading: a thousand trials are 60,000 objects, none of them garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

"""A study: asks for candidates round by round, and is told how they did.

The study follows its plan. The proposals of a round are a pure function of the space, the seed and the rounds before,
so a round that was cut short is proposed again exactly, and only what is missing is added.
"""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from nars.data.shape import shaped
from nars.errors import ExhaustedSpaceError, ExperimentError
from nars.samplers import CostBounds, sample_feasible
from nars.space import Candidate, SearchSettings, SearchSpace, load_space
from nars.storage import EXPERIMENTS, Claims, Experiment, StudyStorage, create_experiment, find_experiment
from nars.storage.study_database import require_reachable
from nars.study.new_trial import add_trial, cost_of
from nars.study.plan import PlannedRound, plan
from nars.study.proposals import Member, Proposals
from nars.study.round_end import check_round
from nars.study.warm_start import learn_from, load_prior, prior_path
from nars.trials import (
    EpochRecord,
    Evaluation,
    Failure,
    FailureReason,
    FamilyBudget,
    Rung,
    SearchStage,
    Trial,
    TrialState,
)


class Study:
    """One search as an object: ``ask`` for trials, ``tell`` results; nothing is kept outside its storage.

    Example:
        with nars.Study.create("space.yaml", name="mine") as study:
            while trial := study.ask():
                study.tell(trial, accuracy=train_it_yourself(trial.candidate, epochs=trial.epochs))
    """

    def __init__(self, experiment: Experiment, *, train_images: int = 0) -> None:
        """Used by ``create`` and ``open``; takes the experiment's lock where the study is the embedded one."""
        self._stack = ExitStack()
        try:
            self.claims = self._stack.enter_context(closing(Claims(experiment)))
            """What this process may do, among all that work on the study."""
            opened = StudyStorage.open(experiment.url, name=experiment.study_name)
            self._storage = self._stack.enter_context(opened)
        except BaseException:
            self._stack.close()
            raise
        self.experiment = experiment
        self.train_images = train_images
        """Images of the training split, for the cost of training; 0 where the user trains."""
        try:
            record = self._storage.warm_start
            prior = None if record is None else load_prior(record, experiment, self._storage.space)
        except BaseException:
            self._stack.close()
            raise
        self._proposals = Proposals(self._storage.space, self._storage.settings, seed=self._storage.seed, prior=prior)
        self._bounds = CostBounds(self._storage.space)
        self._settled: set[int] = set()
        self._asked: set[int] = set()

    @classmethod
    def create(
        cls,
        space: SearchSpace | str | Path,
        *,
        name: str | None = None,
        root: Path = EXPERIMENTS,
        settings: SearchSettings | None = None,
        warm_start: str | Path | None = None,
        storage: str | None = None,
    ) -> Self:
        """A new study in a new experiment folder.

        Args:
            space: A search space or its YAML file.
            name: Of the experiment; the space's by default.
            root: Folder of all experiments.
            settings: How the search spends its trials; the space's own by default.
            warm_start: Another experiment, whose trials teach this search where to look first.
            storage: Address of a database for the study; a file in the experiment's folder by default.

        Raises:
            SpaceError: If the file breaks a rule.
            InfeasibleSpaceError: If no candidate meets the constraints.
            ExperimentError: If the experiment exists or cannot be written.
        """
        if not isinstance(space, SearchSpace):
            space = load_space(space)
        space = shaped(space)
        settings = settings or space.settings
        sample_feasible(CostBounds(space), 1, rng=np.random.default_rng(settings.seed))
        knowledge = None
        if warm_start is not None:
            knowledge = learn_from(find_experiment(warm_start, root=root), space, seed=settings.seed)
        if storage is not None:
            require_reachable(storage)
        experiment = create_experiment(name or space.name, root=root, storage=storage)
        if knowledge is not None:
            prior_path(knowledge.record, experiment).write_bytes(knowledge.content)
        with (
            closing(Claims(experiment)) as claims,
            claims.alone(),
            StudyStorage.create(
                experiment.url,
                space=space,
                seed=settings.seed,
                trials=settings.trials,
                settings=settings,
                warm_start=None if knowledge is None else knowledge.record,
                name=experiment.name,
            ),
        ):
            pass
        return cls(experiment)

    @classmethod
    def open(cls, name: str | Path, *, root: Path = EXPERIMENTS, storage: str | None = None) -> Self:
        """An existing study, to be continued.

        Args:
            name: Of the experiment, or its folder.
            root: Folder of all experiments.
            storage: Address of the database that holds the study, where it is not the embedded one.

        Raises:
            ExperimentError: If there is none, or it is the embedded one and another process works on it.
        """
        return cls(find_experiment(name, root=root, storage=storage))

    def delete(self) -> None:
        """Takes the study out of its database, and lets go of it; its folder stays."""
        self._storage.delete()
        self.close()

    def close(self) -> None:
        """Lets go of the experiment; ``open`` continues it."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def space(self) -> SearchSpace:
        """The search space."""
        return self._storage.space

    @property
    def settings(self) -> SearchSettings:
        """How the search spends its trials."""
        return self._storage.settings

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All trials, in the order of proposal."""
        return self._storage.trials()

    @property
    def plan(self) -> tuple[PlannedRound, ...]:
        """All rounds, past and to come."""
        return plan(self.settings, self._storage.budgets)

    def ask_for_more(self, budget: int | FamilyBudget) -> None:
        """Extends the plan by more trials, or by the winners of a family, each trained in full."""
        with self.claims.alone():
            self._storage.append_budget(budget)

    @property
    def families(self) -> tuple[FamilyBudget, ...]:
        """Families whose winners were asked for."""
        return tuple(budget for budget in self._storage.budgets if isinstance(budget, FamilyBudget))

    def family(self, budget: FamilyBudget) -> tuple[Member, ...]:
        """The best candidate within each maximum of a cost, as the predictor tells it; trains nothing.

        Raises:
            ExperimentError: If no trial has ended, so that nothing was learnt.
            InfeasibleSpaceError: If no candidate is within one of the maxima.
            CostError: If the cost cannot be told, such as a latency without a table.
        """
        return self._proposals.family(budget, self.trials, rng=np.random.default_rng([len(self.plan), self.seed]))

    @property
    def seed(self) -> int:
        """Seed of everything that the search draws."""
        return self._storage.seed

    def ask(self) -> Trial | None:
        """The next trial to train, for ``trial.epochs`` epochs; none when the search has ended.

        Raises:
            ExperimentError: If all trials of the round were asked for and some were not told yet: the next round
                needs their results.
        """
        while waiting := self.current_round()[1]:
            for trial in waiting:
                if self.begin(trial):
                    return trial
            numbers = ", ".join(str(trial.number) for trial in waiting if self._storage.is_running(trial.number))
            if numbers:
                raise ExperimentError(f"the next round needs the results of this one; tell trials {numbers} first")
        return None

    def begin(self, trial: Trial) -> bool:
        """Claims a trial for this process; false where it has been begun, here or by another process, or has ended."""
        if trial.number in self._asked or not self.claims.take(trial.number):
            return False
        if not self._storage.is_running(trial.number):  # by now
            self.claims.free(trial.number)
            return False
        self._asked.add(trial.number)
        return True

    def tell(
        self,
        trial: Trial,
        accuracy: float | None = None,
        *,
        curve: Sequence[float] = (),
        failure: str | None = None,
    ) -> None:
        """How a trial did that the user trained.

        Args:
            trial: As ``ask`` gave it.
            accuracy: On validation data, in [0, 1].
            curve: Accuracy after each epoch, from the first; lets the search choose a lower fidelity. It may end before
                ``trial.epochs`` where one of ``rungs`` ended the training.
            failure: Why there is no accuracy.

        Raises:
            ExperimentError: If the trial has ended before, or neither or both of accuracy and failure are given.
        """
        if (accuracy is None) == (failure is None):
            raise ExperimentError(f"tell accuracy or failure of trial {trial.number}, got {accuracy} and {failure}")
        if accuracy is None:
            self.fail(trial, Failure(reason=FailureReason.ERROR, message=str(failure)))
            return
        records = tuple(
            EpochRecord(epoch=i, train_loss=0.0, val_loss=0.0, val_accuracy=value, lr=0.0, wall_s=0.0)
            for i, value in enumerate(curve, start=1)
        )
        epochs = min(len(curve), trial.epochs) or trial.epochs
        self.complete(trial, Evaluation(accuracy=accuracy, epochs=epochs, curve=records))

    def current_round(self) -> tuple[PlannedRound | None, tuple[Trial, ...]]:
        """The round under way and its unfinished trials; proposes the next round when all of one have ended.

        Other processes may train some of them, and may have ended them by now: see ``begin``.

        Raises:
            AllTrialsFailedError: If every trial of a round failed.
            SameFingerprintError: If two different candidates were trained alike.
        """
        if self.claims.are_shared:
            self._storage.refresh()
        for planned in self.plan:
            if planned.index in self._settled:
                continue
            trials = self._trials_of(planned)
            waiting = tuple(trial for trial in trials if trial.state is TrialState.RUNNING)
            if waiting:
                return planned, waiting
            check_round(self.space, trials, self.trials)
            self._settled.add(planned.index)
        return None, ()

    def ask_now(self) -> Trial | None:
        """The next trial of the coarse stage for a worker that is free now, whatever else is under way.

        Trials under way count as evaluated as expected, so that the next one lies elsewhere.

        Returns:
            None where what is next must wait for results: a final round, or the end.

        Raises:
            AllTrialsFailedError: If every trial of a round failed.
        """
        with self.claims.alone():
            return self._next_now()

    def _next_now(self) -> Trial | None:
        self._storage.refresh()
        for planned in self.plan:
            if planned.index in self._settled:
                continue
            if planned.stage is SearchStage.FINAL:
                return None
            history = self.trials
            present = [trial for trial in history if trial.round == planned.index]
            if len(present) < planned.size:
                present += self._proposed_now(planned, history)
            for trial in present:
                if trial.state is TrialState.RUNNING and self.begin(trial):
                    return trial
            if all(trial.state is not TrialState.RUNNING for trial in present):
                check_round(self.space, present, self.trials)
        return None

    def _proposed_now(self, planned: PlannedRound, history: Sequence[Trial]) -> list[Trial]:
        if not any(trial.round == planned.index for trial in history) and planned.index == 0:
            return list(self._filled(planned))
        try:
            proposed, fidelity = self._proposals.one_now(planned, history)
        except ExhaustedSpaceError as error:
            self._storage.note(f"round {planned.index}", str(error))
            return []
        return [self._added(candidate, planned, fidelity, number=len(history)) for candidate in proposed]

    def report(self, trial: Trial, record: EpochRecord) -> None:
        """One epoch of a running trial."""
        self.claims.keep()
        self._storage.report(trial.number, record)

    def complete(self, trial: Trial, evaluation: Evaluation) -> Trial:
        """A trial has ended well; returns its final record.

        Raises:
            TrialEndedError: If it has ended before.
        """
        self._storage.complete(trial.number, evaluation)
        self.claims.free(trial.number)
        return self.trials[trial.number]

    def fail(self, trial: Trial, failure: Failure) -> Trial:
        """A trial has failed; returns its final record.

        Raises:
            TrialEndedError: If it has ended before.
        """
        self._storage.fail(trial.number, failure)
        self.claims.free(trial.number)
        return self.trials[trial.number]

    def rungs(self, trial: Trial) -> tuple[Rung, ...]:
        """Where a trial may end early, fixed by the rounds before its own; see `SearchSettings.early_stop`."""
        return self._proposals.rungs(trial, [other for other in self.trials if other.round < trial.round])

    def start_of(self, trial: Trial) -> Path | None:
        """Checkpoints of an earlier trial of the same candidate, to continue from."""
        earlier = [
            other.number
            for other in self.trials
            if other.candidate.id == trial.candidate.id and other.state is TrialState.COMPLETE
        ]
        return self.experiment.trial_directory(max(earlier)) if earlier else None

    def _trials_of(self, planned: PlannedRound) -> tuple[Trial, ...]:
        """The round's trials; those that are missing are proposed and added."""
        present = tuple(trial for trial in self.trials if trial.round == planned.index)
        if len(present) == planned.size:
            return present
        with self.claims.alone():
            return self._filled(planned)

    def _filled(self, planned: PlannedRound) -> tuple[Trial, ...]:
        """As ``_trials_of``; no other process may propose."""
        history = self.trials
        present = [trial for trial in history if trial.round == planned.index]
        if len(present) == planned.size:
            return tuple(present)
        before = tuple(trial for trial in history if trial.round < planned.index)
        try:
            proposed, fidelity = self._proposals.of_round(planned, before)
        except ExhaustedSpaceError as error:
            if not before:
                raise
            self._storage.note(f"round {planned.index}", str(error))
            return tuple(present)
        if 0 < fidelity < 1:
            self._storage.note("fidelity", f"rounds after the first train {fidelity:.0%} of each recipe's epochs")
        # Where the round was begun before, its first trials are the first of the proposal; an asynchronous search may
        # have begun it with others.
        begun = {trial.candidate.id for trial in present}
        for candidate in [candidate for candidate in proposed if candidate.id not in begun]:
            if len(present) < planned.size:
                present.append(self._added(candidate, planned, fidelity, number=len(before) + len(present)))
        return tuple(present)

    def _added(self, candidate: Candidate, planned: PlannedRound, fidelity: float, *, number: int) -> Trial:
        cost = cost_of(candidate, self._bounds, train_images=self.train_images)
        return add_trial(self._storage, candidate, planned, fidelity, number=number, cost=cost)

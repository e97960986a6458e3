"""The loop that runs a search: asks the study, hands trials to workers, writes down what happens."""

import contextlib
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from nars.data.shape import fit_to_data
from nars.errors import TrialEndedError
from nars.evaluation import Epoch, Event, Failed, Finished, Started, TrialTask
from nars.evaluation.executors import Executor, executor_for
from nars.evaluation.ray_cluster import RayOptions
from nars.evaluation.tasks import prepare_data
from nars.space import SearchSettings, SearchSpace, load_space
from nars.storage import EXPERIMENTS
from nars.study.claimed import Claimed
from nars.study.initial_weights import require_weights
from nars.study.progress import Progress
from nars.study.spent import SearchSpent
from nars.study.study import Study
from nars.trials import FamilyBudget, Trial, TrialState

_LOOK_S = 1.0
"""Seconds between two looks at the trials that other processes train."""


def search(
    space: SearchSpace | str | Path,
    *,
    name: str | None = None,
    root: Path = EXPERIMENTS,
    settings: SearchSettings | None = None,
    warm_start: str | Path | None = None,
    workers: int | None = None,
    device: str = "auto",
    ray: RayOptions | None = None,
    share_gpus: bool = False,
    storage: str | None = None,
    asynchronous: bool = False,
    profile: bool = False,
    progress: Progress | None = None,
) -> Study:
    """Runs a joint search to its end; call it below ``if __name__ == "__main__":``, since it starts processes.

    Args:
        space: A search space or its YAML file.
        name: Of the experiment; the space's by default.
        root: Folder of all experiments.
        settings: How the search spends its trials; the space's own by default.
        warm_start: Another experiment, whose trials teach this search where to look first.
        workers: Trials trained side by side; one for each ``settings.threads`` cores by default, or one for each GPU.
            No result depends on it.
        device: ``auto`` is the GPU where there is one; else a torch device.
        ray: Runs the trials on this Ray cluster instead of worker processes of this machine.
        share_gpus: Trains as many trials on each GPU of this machine at once as its memory holds.
        storage: Address of a database for the study; a file in the experiment's folder by default.
        asynchronous: Proposes as soon as a worker is free; the same seed then need not give the same table.
        profile: Whether each evaluation tells where its time went.
        progress: Hears what happens.

    Returns:
        The study, all trials ended; close it, or use it as a context manager.

    Raises:
        NarsError: Before any training when the space, the data, the initial weights or the folder breaks a rule;
            nothing is written then.
    """
    spent = SearchSpent()
    space = fit_to_data(space if isinstance(space, SearchSpace) else load_space(space))
    require_weights(space)
    folder = root / (name or space.name)
    new = [path for path in (folder, root) if not path.exists()]
    # made first, so that a cluster that cannot be used is said before anything is written
    chosen = settings or space.settings
    with executor_for(
        space,
        chosen,
        folder=folder,
        workers=workers,
        device=device,
        ray=ray,
        share_gpus=share_gpus,
        profile=profile,
    ) as executor:
        study = Study.create(space, name=name, root=root, settings=settings, warm_start=warm_start, storage=storage)
        try:
            with study.claims.alone():
                prepare_data(space, folder)
        except BaseException:
            study.delete() if storage is not None else study.close()
            for path in new:
                shutil.rmtree(path)
            raise
        return _run_or_close(study, executor, progress or Progress(), spent, asynchronous=asynchronous)


def resume(
    name: str | Path,
    *,
    root: Path = EXPERIMENTS,
    more: int | FamilyBudget = 0,
    workers: int | None = None,
    device: str = "auto",
    ray: RayOptions | None = None,
    share_gpus: bool = False,
    storage: str | None = None,
    asynchronous: bool = False,
    profile: bool = False,
    progress: Progress | None = None,
) -> Study:
    """Continues a search after a kill, a crash or a wish for more trials; nothing finished is done again.

    Args:
        name: Of the experiment, or its folder.
        root: Folder of all experiments.
        more: Trials beyond those asked for so far; or the winners of a family, trained in full, which are asked for
            once however often this is called.
        workers: As in ``search``; may differ from before.
        device: As in ``search``.
        ray: As in ``search``; may differ from before.
        share_gpus: As in ``search``; may differ from before.
        storage: Where the study lies, as ``search`` was told.
        asynchronous: As in ``search``; may differ from before.
        profile: As in ``search``, of the trials that run now.
        progress: Hears what happens.

    Returns:
        The study, all trials ended.

    Raises:
        ExperimentError: If there is no such experiment, or another process works on it.
        DataError: If its images have vanished or changed.
        ModelError: If its initial weights have vanished or changed.
    """
    spent = SearchSpent()
    study = Study.open(name, root=root, storage=storage)
    folder = study.experiment.directory
    try:
        require_weights(study.space)
        with executor_for(
            study.space,
            study.settings,
            folder=folder,
            workers=workers,
            device=device,
            ray=ray,
            share_gpus=share_gpus,
            profile=profile,
        ) as executor:
            if more and more not in study.families:
                study.ask_for_more(more)
            return _run_or_close(study, executor, progress or Progress(), spent, asynchronous=asynchronous)
    except BaseException:
        study.close()
        raise


def _run_or_close(
    study: Study, executor: Executor, progress: Progress, spent: SearchSpent, *, asynchronous: bool
) -> Study:
    try:
        with study.claims.alone():
            study.train_images = prepare_data(study.space, study.experiment.directory)
        _run(study, executor, progress, spent, asynchronous=asynchronous)
        spent.wall_s = spent.now_s()
        progress.search_ended(spent)
    except BaseException:
        study.close()
        raise
    return study


def _run(study: Study, executor: Executor, progress: Progress, spent: SearchSpent, *, asynchronous: bool) -> None:
    while True:
        if asynchronous:
            _run_stage(study, executor, progress, spent)
        asked_s = spent.now_s()
        planned, waiting = study.current_round()
        spent.proposal_s += spent.now_s() - asked_s
        if planned is None:
            break
        progress.round_started(planned, waiting)
        _run_round(study, waiting, executor, progress, spent)


def _run_round(
    study: Study, trials: Sequence[Trial], executor: Executor, progress: Progress, spent: SearchSpent
) -> None:
    """Trains what no other process trains, and waits for the others, whose trials are ours if they die."""
    left = {trial.number: trial for trial in trials}
    while left:
        for event in executor.run(Claimed(study, list(left.values()), _task)):
            _record(study, left[event.number], event, progress, spent)
            if isinstance(event, Finished | Failed):
                del left[event.number]
        if left:
            time.sleep(_LOOK_S)
        for trial in study.trials if left else ():
            if trial.number in left and trial.state is not TrialState.RUNNING:
                del left[trial.number]
                progress.trial_ended(trial)


def _run_stage(study: Study, executor: Executor, progress: Progress, spent: SearchSpent) -> None:
    """What is left of a coarse stage, without rounds: a trial is proposed when a worker asks for a task."""
    by_number: dict[int, Trial] = {}
    asked_s = spent.now_s()
    first = study.ask_now()
    spent.proposal_s += spent.now_s() - asked_s
    if first is None:
        return
    rest = [planned for planned in study.plan if planned.stage is first.stage and planned.index >= first.round]
    size = sum(planned.size for planned in rest)
    progress.round_started(replace(rest[0], size=size), [first] * size)

    def asked() -> Iterator[TrialTask]:
        trial: Trial | None = first
        while trial is not None:
            by_number[trial.number] = trial
            yield _task(study, trial)
            asked_s = spent.now_s()
            trial = study.ask_now()
            spent.proposal_s += spent.now_s() - asked_s

    for event in executor.run(asked()):
        _record(study, by_number[event.number], event, progress, spent)


def _task(study: Study, trial: Trial) -> TrialTask:
    return TrialTask(
        number=trial.number,
        candidate=trial.candidate,
        fidelity=trial.fidelity,
        seed=trial.seed,
        directory=study.experiment.trial_directory(trial.number),
        rungs=study.rungs(trial),
        start_from=study.start_of(trial),
    )


def _record(study: Study, trial: Trial, event: Event, progress: Progress, spent: SearchSpent) -> None:
    began_s = spent.now_s()
    match event:
        case Started():
            spent.start_s = spent.start_s or began_s
            progress.trial_started(trial)
            return
        case Epoch(record=record):
            with contextlib.suppress(TrialEndedError):  # see `_end`
                study.report(trial, record)
            spent.storage_s += spent.now_s() - began_s
            progress.epoch_ended(trial, record)
            return
        case Finished() | Failed():
            ended = _end(study, trial, event)
    spent.storage_s += spent.now_s() - began_s
    progress.trial_ended(ended)


def _end(study: Study, trial: Trial, event: Finished | Failed) -> Trial:
    try:
        if isinstance(event, Finished):
            return study.complete(trial, event.evaluation)
        return study.fail(trial, event.failure)
    except TrialEndedError:
        # A server that was restarted had forgotten our claim, and another process, which trained the same trial from
        # the same seed, was faster.
        return study.trials[trial.number]

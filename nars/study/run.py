"""The loop that runs a search: asks the study, hands trials to workers, writes down what happens."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from nars.data.shape import fit_to_data
from nars.evaluation import Epoch, Event, Failed, Finished, LocalExecutor, Started, TrialTask
from nars.evaluation.tasks import evaluator_of, prepare_data
from nars.space import SearchSettings, SearchSpace, load_space
from nars.storage import EXPERIMENTS
from nars.study.initial_weights import require_weights
from nars.study.progress import Progress
from nars.study.study import Study
from nars.trials import FamilyBudget, Trial


def search(
    space: SearchSpace | str | Path,
    *,
    name: str | None = None,
    root: Path = EXPERIMENTS,
    settings: SearchSettings | None = None,
    warm_start: str | Path | None = None,
    workers: int | None = None,
    device: str = "auto",
    progress: Progress | None = None,
) -> Study:
    """Runs a joint search to its end; call it below ``if __name__ == "__main__":``, since it starts processes.

    Args:
        space: A search space or its YAML file.
        name: Of the experiment; the space's by default.
        root: Folder of all experiments.
        settings: How the search spends its trials; the space's own by default.
        warm_start: Another experiment, whose trials teach this search where to look first.
        workers: Trials trained side by side; one for each ``settings.threads`` cores by default, one on a GPU. No
            result depends on it.
        device: ``auto`` is the GPU where there is one; else a torch device.
        progress: Hears what happens.

    Returns:
        The study, all trials ended; close it, or use it as a context manager.

    Raises:
        NarsError: Before any training when the space, the data, the initial weights or the folder breaks a rule;
            nothing is written then.
    """
    space = fit_to_data(space if isinstance(space, SearchSpace) else load_space(space))
    require_weights(space)
    folder = root / (name or space.name)
    new = [path for path in (folder, root) if not path.exists()]
    study = Study.create(space, name=name, root=root, settings=settings, warm_start=warm_start)
    try:
        prepare_data(space, folder)
    except BaseException:
        study.close()
        for path in new:
            shutil.rmtree(path)
        raise
    return _run_or_close(study, workers=workers, device=device, progress=progress or Progress())


def resume(
    name: str | Path,
    *,
    root: Path = EXPERIMENTS,
    more: int | FamilyBudget = 0,
    workers: int | None = None,
    device: str = "auto",
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
        progress: Hears what happens.

    Returns:
        The study, all trials ended.

    Raises:
        ExperimentError: If there is no such experiment, or another process works on it.
        DataError: If its images have vanished or changed.
        ModelError: If its initial weights have vanished or changed.
    """
    study = Study.open(name, root=root)
    try:
        require_weights(study.space)
        if more and more not in study.families:
            study.ask_for_more(more)
    except BaseException:
        study.close()
        raise
    return _run_or_close(study, workers=workers, device=device, progress=progress or Progress())


def _run_or_close(study: Study, *, workers: int | None, device: str, progress: Progress) -> Study:
    try:
        _run(study, workers=workers or _default_workers(study.settings.threads), device=device, progress=progress)
    except BaseException:
        study.close()
        raise
    return study


def _run(study: Study, *, workers: int, device: str, progress: Progress) -> None:
    folder = study.experiment.directory
    study.train_images = prepare_data(study.space, folder)
    evaluator = evaluator_of(study.space, folder, threads=study.settings.threads, device=device)
    with LocalExecutor(
        evaluator, workers=workers, threads=study.settings.threads, timeout_s=study.settings.trial_timeout_s
    ) as executor:
        while True:
            planned, waiting = study.current_round()
            if planned is None:
                break
            progress.round_started(planned, waiting)
            by_number = {trial.number: trial for trial in waiting}
            for event in executor.run(_tasks(study, waiting)):
                _record(study, by_number[event.number], event, progress)


def _tasks(study: Study, trials: Sequence[Trial]) -> list[TrialTask]:
    return [
        TrialTask(
            number=trial.number,
            candidate=trial.candidate,
            fidelity=trial.fidelity,
            seed=trial.seed,
            directory=study.experiment.trial_directory(trial.number),
            rungs=study.rungs(trial),
            start_from=study.start_of(trial),
        )
        for trial in trials
    ]


def _record(study: Study, trial: Trial, event: Event, progress: Progress) -> None:
    match event:
        case Started():
            progress.trial_started(trial)
        case Epoch(record=record):
            study.report(trial, record)
            progress.epoch_ended(trial, record)
        case Finished(evaluation=evaluation):
            progress.trial_ended(study.complete(trial, evaluation))
        case Failed(failure=failure):
            progress.trial_ended(study.fail(trial, failure))


def _default_workers(threads: int) -> int:
    import torch

    if torch.cuda.is_available():
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // threads)

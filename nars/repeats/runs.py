"""Candidates trained in full with several new seeds each, beside a study and never in it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from nars.errors import ExperimentError
from nars.evaluation import Failed, Finished, TrialTask
from nars.evaluation.executors import executor_for
from nars.evaluation.tasks import prepare_data
from nars.space import Candidate, SearchSettings, SearchSpace
from nars.storage import StudyStorage, find_experiment
from nars.trials import Evaluation, Trial

_EVALUATION_FILE = "evaluation.json"
_EVALUATIONS: TypeAdapter[Evaluation] = TypeAdapter(Evaluation)


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeat:
    """One candidate with one seed, trained in full."""

    candidate: Candidate
    seed: int
    accuracy: float
    """On the validation split, in [0, 1]."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """Where repeats are trained: an experiment's data, settings and folder."""

    name: str
    """Of the experiment."""
    trials: tuple[Trial, ...]
    """Of its study."""
    space: SearchSpace
    settings: SearchSettings
    folder: Path
    """The experiment's."""
    workers: int | None = None
    device: str = "auto"
    report: Callable[[Repeat, int, int], None] | None = None
    """Hears of each repeat, of how many there are, and of how many there will be."""


def open_bench(
    name: str | Path,
    *,
    root: Path,
    storage: str | None,
    workers: int | None,
    device: str,
    report: Callable[[Repeat, int, int], None] | None,
) -> Bench:
    """The bench of an experiment, whose study is read once and let go of.

    Raises:
        ExperimentError: If there is no such experiment.
    """
    experiment = find_experiment(name, root=root, storage=storage)
    with StudyStorage.open(experiment.url, name=experiment.study_name) as stored:
        return Bench(
            name=experiment.name,
            trials=stored.trials(),
            space=stored.space,
            settings=stored.settings,
            folder=experiment.directory,
            workers=workers,
            device=device,
            report=report,
        )


def trained(bench: Bench, candidates: Sequence[Candidate], *, seeds: int) -> dict[str, tuple[Repeat, ...]]:
    """Every candidate with the same number of new seeds; what an earlier call has trained is not trained again.

    A kill in between loses the epochs since the last checkpoints.

    Args:
        bench: Where.
        candidates: All different.
        seeds: Of each; the first of them are those of a call that asked for fewer.

    Returns:
        By the candidate's id, in the order of seeds.

    Raises:
        ExperimentError: If a training fails: a mean without it would be of other runs than asked for.
        DataError: If the data is absent or has changed.
    """
    tasks = [
        TrialTask(
            number=number, candidate=candidate, fidelity=1.0, seed=seed, directory=_folder(bench, candidate, seed)
        )
        for number, (candidate, seed) in enumerate(
            (candidate, _seed(bench.settings.seed, candidate, index))
            for candidate in candidates
            for index in range(seeds)
        )
    ]
    done = {task.number: evaluation for task in tasks if (evaluation := _read(task.directory)) is not None}
    waiting = [task for task in tasks if task.number not in done]
    if waiting:
        prepare_data(bench.space, bench.folder)
        with executor_for(
            bench.space, bench.settings, folder=bench.folder, workers=bench.workers, device=bench.device, ray=None
        ) as executor:
            for event in executor.run(waiting):
                task = tasks[event.number]
                if isinstance(event, Failed):
                    reason = f"{event.failure.reason}: {event.failure.message}"
                    raise ExperimentError(f"candidate {task.candidate.id} with seed {task.seed} failed: {reason}")
                if isinstance(event, Finished):
                    _write(task.directory, event.evaluation)
                    done[task.number] = event.evaluation
                    if bench.report is not None:
                        bench.report(_repeat(task, event.evaluation), len(done), len(tasks))
    found: dict[str, tuple[Repeat, ...]] = {candidate.id: () for candidate in candidates}
    for task in tasks:
        found[task.candidate.id] += (_repeat(task, done[task.number]),)
    return found


def _repeat(task: TrialTask, evaluation: Evaluation) -> Repeat:
    return Repeat(candidate=task.candidate, seed=task.seed, accuracy=evaluation.accuracy)


def _seed(study_seed: int, candidate: Candidate, index: int) -> int:
    """Another one than the search trained the candidate with."""
    content = f"repeat:{study_seed}:{candidate.id}:{index}".encode()
    return int.from_bytes(hashlib.sha256(content).digest()[:4], "big") >> 1


def _folder(bench: Bench, candidate: Candidate, seed: int) -> Path:
    return bench.folder / "repeats" / f"{candidate.id}-{seed}"


def _read(directory: Path) -> Evaluation | None:
    """What an earlier call left; none where it did not come to its end."""
    try:
        return _EVALUATIONS.validate_json((directory / _EVALUATION_FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _write(directory: Path, evaluation: Evaluation) -> None:
    unfinished = directory / f".{_EVALUATION_FILE}.new"
    unfinished.write_bytes(_EVALUATIONS.dump_json(evaluation))
    unfinished.replace(directory / _EVALUATION_FILE)

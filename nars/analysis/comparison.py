"""Several experiments side by side."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from nars.errors import ExperimentError
from nars.storage import EXPERIMENTS, StudyStorage, find_experiment
from nars.trials import TrialState


def compare(names: Sequence[str | Path], *, root: Path = EXPERIMENTS, storage: str | None = None) -> pd.DataFrame:
    """One row per experiment: its trials, its best candidate trained in full and what that costs, and its time.

    ``best`` is on the validation split that the search has seen; ``nars confirm`` tells how much of it is luck.
    ``wall_s`` is the sum over trials, ``hours`` the time from the first start to the last end.

    Args:
        names: Of experiments, or their folders; each once.
        root: Folder of all experiments.
        storage: Address of the database that holds the studies, where it is not the embedded one.

    Raises:
        ExperimentError: If one is not there, or is named twice.
    """
    rows = []
    for name in names:
        experiment = find_experiment(name, root=root, storage=storage)
        with StudyStorage.open(experiment.url, name=experiment.study_name) as stored:
            trials, timings, settings, seed = stored.trials(), stored.timings(), stored.settings, stored.seed
        full = [trial for trial in trials if trial.trained_in_full]
        best = min(full, key=lambda t: (-t.accuracy, t.cost.macs, t.number), default=None)
        starts = [timing.started for timing in timings if timing.started]
        ends = [timing.ended for timing in timings if timing.ended]
        rows.append(
            {
                "experiment": experiment.name,
                "sampler": settings.sampler,
                "early_stop": settings.early_stop,
                "seed": seed,
                "trials": len(trials),
                "failed": sum(trial.state is TrialState.FAILED for trial in trials),
                "epochs": sum(trial.evaluation.epochs for trial in trials if trial.evaluation),
                "best_trial": None if best is None else best.number,
                "best": None if best is None else best.accuracy,
                "macs": None if best is None else best.cost.macs,
                "params": None if best is None else best.cost.params,
                "wall_s": sum(trial.evaluation.wall_s for trial in trials if trial.evaluation),
                "hours": (max(ends) - min(starts)).total_seconds() / 3600 if ends else None,
            }
        )
    frame = pd.DataFrame(rows).astype({"best_trial": "Int64", "macs": "Int64", "params": "Int64", "best": "Float64"})
    if twice := frame["experiment"][frame["experiment"].duplicated()].tolist():
        raise ExperimentError(f"experiments to compare must differ, got {', '.join(twice)} twice")
    return frame

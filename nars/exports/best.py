"""Exports the winner of an experiment."""

from pathlib import Path

from nars.exports.select import best_trial
from nars.exports.writing import export_bundle
from nars.storage import EXPERIMENTS, StudyStorage, find_experiment

BUNDLES = Path("bundles")
"""Where bundles go by default, from the working directory."""


def export(
    name: str | Path,
    *,
    root: Path = EXPERIMENTS,
    storage: str | None = None,
    max_macs: float | None = None,
    out: Path | None = None,
) -> Path:
    """Writes the bundle of the best candidate trained in full.

    Args:
        name: Of the experiment, or its folder.
        root: Folder of all experiments.
        storage: Address of the database that holds the study, where it is not the embedded one.
        max_macs: Multiply-adds at most; none for the space's own bounds alone.
        out: The bundle's folder; ``bundles/NAME`` by default.

    Returns:
        The bundle's folder.

    Raises:
        ExperimentError: If there is no such experiment, or no trial trained in full is within the budget.
        BundleError: If the folder may not be replaced, or the bundle does not reproduce its source.
    """
    experiment = find_experiment(name, root=root, storage=storage)
    with StudyStorage.open(experiment.url, name=experiment.study_name) as stored:
        trial, space = best_trial(stored.trials(), max_macs=max_macs), stored.space
        threads = stored.settings.threads
    return export_bundle(
        trial,
        checkpoint_directory=experiment.trial_directory(trial.number),
        splits_directory=experiment.directory,
        data=space.data,
        size=space.largest_resolution,
        space_text=space.text,
        study=experiment.name,
        threads=threads,
        out=out or BUNDLES / experiment.name,
    )

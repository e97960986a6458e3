"""Exports the winner of an experiment."""

from collections.abc import Sequence
from pathlib import Path

from nars.exports.select import best_trial, trial_numbered
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
    max_params: float | None = None,
    max_latency_ms: float | None = None,
    trial: int | None = None,
    formats: Sequence[str] = (),
    out: Path | None = None,
) -> Path:
    """Writes the bundle of the best candidate trained in full, or of a trial by its number.

    Args:
        name: Of the experiment, or its folder.
        root: Folder of all experiments.
        storage: Address of the database that holds the study, where it is not the embedded one.
        max_macs: Multiply-adds at most; none for the space's own bounds alone.
        max_params: Trainable numbers at most.
        max_latency_ms: Milliseconds at most, by the space's latency table.
        trial: Number of the trial instead of the best one; it must meet the bounds too.
        formats: Forms for other software, such as ``onnx``; see `export_bundle`.
        out: The bundle's folder; ``bundles/NAME`` by default.

    Returns:
        The bundle's folder.

    Raises:
        ExperimentError: If there is no such experiment, or no such trial trained in full is within the budget.
        BundleError: If a format is unknown or its library absent, the folder may not be replaced, or the bundle does
            not reproduce its source.
    """
    experiment = find_experiment(name, root=root, storage=storage)
    with StudyStorage.open(experiment.url, name=experiment.study_name) as stored:
        chosen = best_trial(
            stored.trials() if trial is None else trial_numbered(stored.trials(), trial),
            max_macs=max_macs,
            max_params=max_params,
            max_latency_ms=max_latency_ms,
        )
        space = stored.space
        settings = stored.settings
    return export_bundle(
        chosen,
        checkpoint_directory=experiment.trial_directory(chosen.number),
        splits_directory=experiment.directory,
        data=space.data,
        size=space.largest_resolution,
        space_text=space.text,
        study=experiment.name,
        threads=settings.threads,
        processes=settings.processes,
        formats=formats,
        out=out or BUNDLES / experiment.name,
    )

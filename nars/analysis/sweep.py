"""The trained detector of a trial with other settings of its inference, on the study's validation images."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from nars.data.detection import load_detection_split, prepare_detection_splits
from nars.errors import ExperimentError
from nars.evaluation.sweep import SweepGrid, Swept, default_grid, sweep
from nars.space.task import DETECTION_TASKS
from nars.storage import StudyStorage, find_experiment
from nars.training.detection.run import load_trained_detector
from nars.training.device import choose_device
from nars.trials import Trial, TrialState


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """One trial under every combination."""

    experiment: str
    trial: Trial
    rows: tuple[Swept, ...]

    @property
    def front(self) -> tuple[Swept, ...]:
        """Those that no other is both cheaper (or as cheap) and more accurate than, by rising MACs."""
        front: list[Swept] = []
        for row in sorted(self.rows, key=lambda row: (row.cost.macs, -row.accuracy)):
            if not front or row.accuracy > front[-1].accuracy:
                front.append(row)
        return tuple(front)

    @property
    def own(self) -> Swept | None:
        """The combination that the trial was trained with; none where it is not in the grid."""
        return next((row for row in self.rows if row.candidate.id == self.trial.candidate.id), None)


def sweep_trial(
    name: str | Path,
    *,
    root: Path,
    number: int | None = None,
    resolutions: Sequence[int] | None = None,
    proposals: Sequence[int] | None = None,
    nms: Sequence[float] | None = None,
    score_thresholds: Sequence[float] | None = None,
    device: str = "auto",
) -> Sweep:
    """Scores a trial's saved detector under every combination; nothing is trained or written.

    Args:
        name: Of the experiment, or its folder.
        root: Folder of all experiments.
        number: Of the trial; none for the most accurate one.
        resolutions: Shorter sides of the images; none for three around the detector's own, as all that follow.
        proposals: Regions that the box head runs on.
        nms: Overlaps from which on the less likely of two detections is dropped.
        score_thresholds: Least scores of detections.
        device: Where to compute.

    Raises:
        ExperimentError: If there is no such experiment or trial, or it is not one of detectors.
        CheckpointError: If the trial's checkpoint is gone.
    """
    experiment = find_experiment(name, root=root)
    with StudyStorage.open(experiment.url) as storage:
        space, trials = storage.space, storage.trials()
    if space.task not in DETECTION_TASKS:
        raise ExperimentError(f"{experiment.name}: a sweep needs detectors, got the task {space.task}")
    trial = _chosen(trials, number, experiment.name)
    with_masks = space.task == "instance_segmentation"
    splits = prepare_detection_splits(space.data, experiment.directory, with_masks=with_masks)
    validation = load_detection_split(splits, "val", with_masks=with_masks)
    detector = load_trained_detector(trial.candidate, experiment.trial_directory(trial.number))
    grid = _grid(trial, resolutions, proposals, nms, score_thresholds)
    rows = tuple(sweep(detector, trial.candidate, validation, grid, device=choose_device(device)))
    return Sweep(experiment=experiment.name, trial=trial, rows=rows)


def sweep_frame(found: Sweep) -> pd.DataFrame:
    """One row a combination: its settings, its figures, its costs, and whether it is on the front."""
    front = {row.candidate.id for row in found.front}
    records = []
    for row in found.rows:
        settings, masks = row.candidate.recipe.detector, row.figures.masks
        assert settings is not None
        records.append(
            {
                "resolution": row.candidate.architecture.resolution,
                "post_nms_test": settings.post_nms_test,
                "nms": settings.nms,
                "score_threshold": settings.score_threshold,
                "accuracy": row.accuracy,
                "box_ap": row.figures.boxes.ap,
                "box_ap50": row.figures.boxes.ap50,
                "mask_ap": None if masks is None else masks.ap,
                "macs": row.cost.macs,
                "memory_bytes": row.cost.memory_bytes,
                "on_front": row.candidate.id in front,
            }
        )
    return pd.DataFrame(records)


def _grid(
    trial: Trial,
    resolutions: Sequence[int] | None,
    proposals: Sequence[int] | None,
    nms: Sequence[float] | None,
    score_thresholds: Sequence[float] | None,
) -> SweepGrid:
    grid = default_grid(trial.candidate)
    return replace(
        grid,
        resolutions=tuple(resolutions or grid.resolutions),
        proposals=tuple(proposals or grid.proposals),
        nms=tuple(nms or grid.nms),
        score_thresholds=tuple(score_thresholds or grid.score_thresholds),
    )


def _chosen(trials: Sequence[Trial], number: int | None, name: str) -> Trial:
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    if number is not None:
        complete = [trial for trial in complete if trial.number == number]
    if not complete:
        which = "no trial" if number is None else f"no trial {number}"
        raise ExperimentError(f"{name}: has {which} that is complete, among {len(trials)} trials")
    return max(complete, key=lambda trial: (trial.evaluation.accuracy if trial.evaluation else 0.0, -trial.number))

"""The trained detector of a trial or bundle with other settings of its inference, on the validation images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from nars.data.detection import DetectionSplit, load_detection_split, prepare_detection_splits
from nars.errors import BundleError, ExperimentError
from nars.evaluation.sweep import Swept, sweep
from nars.exports.bundle import ARCHITECTURE_FILE, load_bundle
from nars.exports.evaluate import moved
from nars.models.detector import TwoStageDetector
from nars.space.candidate import Candidate
from nars.space.data_spec import DataSpec
from nars.space.inference import InferenceSettings, inference_grid
from nars.space.task import DETECTION_TASKS
from nars.storage import StudyStorage, find_experiment
from nars.training.device import choose_device
from nars.training.trained import load_trained
from nars.trials import Trial, TrialState, nondominated


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """One trained detector under every combination."""

    name: str
    """As ``digit_scenes, trial 7`` or ``bundle digit_scenes``."""
    candidate: Candidate
    """As it was trained."""
    rows: tuple[Swept, ...]

    @property
    def front(self) -> tuple[Swept, ...]:
        """Those that no other is both cheaper (or as cheap) and more accurate than, by rising MACs."""
        accuracy_N = np.array([row.accuracy for row in self.rows])
        on_front_N = nondominated(accuracy_N, np.array([[row.cost.macs] for row in self.rows], dtype=np.float64))
        front = [self.rows[index] for index in np.flatnonzero(on_front_N)]
        return tuple(sorted(front, key=lambda row: row.cost.macs))

    @property
    def own(self) -> Swept | None:
        """The combination that the detector was trained with; none where it is not in the grid."""
        return next((row for row in self.rows if row.candidate.id == self.candidate.id), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Trained:
    """A trained detector and the images to score it on."""

    name: str
    candidate: Candidate
    detector: TwoStageDetector
    validation: DetectionSplit


def sweep_detector(
    source: str | Path,
    *,
    root: Path,
    storage: str | None = None,
    number: int | None = None,
    data_path: Path | None = None,
    resolutions: Sequence[int] | None = None,
    proposals: Sequence[int] | None = None,
    nms: Sequence[float] | None = None,
    score_thresholds: Sequence[float] | None = None,
    device: str = "auto",
) -> Sweep:
    """Scores a saved detector under every combination on its validation images; nothing is trained or written.

    Args:
        source: A bundle's folder, or an experiment's name or folder.
        root: Folder of all experiments.
        storage: Address of the database that holds the study, where it is not the embedded one.
        number: Of the experiment's trial; none for the most accurate one.
        data_path: Where a bundle's data folder is now; none for where it was.
        resolutions: Shorter sides of the images; none for three around the detector's own, as all that follow.
        proposals: Regions that the box head runs on.
        nms: Overlaps from which on the less likely of two detections is dropped.
        score_thresholds: Least scores of detections.
        device: Where to compute.

    Raises:
        ExperimentError: If there is no such experiment or trial, or it is not one of detectors.
        BundleError: If the bundle is damaged, or not of a detector.
        CheckpointError: If the trial's checkpoint is gone.
        DataError: If the data is absent or has changed.
    """
    if (Path(source) / ARCHITECTURE_FILE).is_file():
        if number is not None:
            raise BundleError(f"{source}: a bundle has no trials, got trial {number}")
        trained = _of_bundle(Path(source), data_path)
    else:
        trained = _of_trial(source, root, storage, number)
    grid = _grid(trained.candidate, resolutions, proposals, nms, score_thresholds)
    rows = sweep(trained.detector, trained.candidate, trained.validation, grid, device=choose_device(device))
    return Sweep(name=trained.name, candidate=trained.candidate, rows=tuple(rows))


def _of_trial(name: str | Path, root: Path, storage: str | None, number: int | None) -> _Trained:
    experiment = find_experiment(name, root=root, storage=storage)
    with StudyStorage.open(experiment.url, name=experiment.study_name) as stored:
        space, trials = stored.space, stored.trials()
    if space.task not in DETECTION_TASKS:
        raise ExperimentError(f"{experiment.name}: a sweep needs detectors, got the task {space.task}")
    trial = _chosen(trials, number, experiment.name)
    detector = load_trained(trial.candidate, experiment.trial_directory(trial.number))
    assert isinstance(detector, TwoStageDetector), "the space is one of detectors"
    return _Trained(
        name=f"{experiment.name}, trial {trial.number}",
        candidate=trial.candidate,
        detector=detector,
        validation=_validation(trial.candidate, space.data, experiment.directory),
    )


def _of_bundle(directory: Path, data_path: Path | None) -> _Trained:
    bundle = load_bundle(directory)
    detector = bundle.model()
    if not isinstance(detector, TwoStageDetector):
        raise BundleError(f"{directory}: a sweep needs a detector, got a classifier")
    spec = moved(bundle.provenance.data, data_path)
    return _Trained(
        name=f"bundle {directory.name}",
        candidate=bundle.candidate,
        detector=detector,
        validation=_validation(bundle.candidate, spec, bundle.directory),
    )


def _validation(candidate: Candidate, spec: DataSpec, directory: Path) -> DetectionSplit:
    with_masks = candidate.has_masks
    splits = prepare_detection_splits(spec, directory, with_masks=with_masks)
    return load_detection_split(splits, "val", with_masks=with_masks)


def sweep_frame(found: Sweep) -> pd.DataFrame:
    """One row a combination: its settings, its figures, its costs, and whether it is on the front."""
    front = {row.candidate.id for row in found.front}
    records = []
    for row in found.rows:
        masks = row.figures.masks
        records.append(
            {
                "resolution": row.settings.resolution,
                "post_nms_test": row.settings.post_nms_test,
                "nms": row.settings.nms,
                "score_threshold": row.settings.score_threshold,
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
    candidate: Candidate,
    resolutions: Sequence[int] | None,
    proposals: Sequence[int] | None,
    nms: Sequence[float] | None,
    score_thresholds: Sequence[float] | None,
) -> tuple[InferenceSettings, ...]:
    """Every combination of the values given, else of some around the detector's own, which are among them."""
    own = InferenceSettings.of(candidate)
    sizes = resolutions or _around(own.resolution, (0.75, 1.0, 1.25))
    values = {
        "post_nms_test": proposals or _around(own.post_nms_test, (0.25, 0.5, 1.0, 2.0, 4.0)),
        "nms": nms or sorted({0.4, 0.5, 0.6, own.nms}),
        "score_threshold": score_thresholds or sorted({0.001, 0.05, 0.2, own.score_threshold}),
    }
    grid: list[InferenceSettings] = []
    for resolution in sizes:  # the bound of the longer side grows with the shorter side
        longest = own.max_test_size and max(1, round(own.max_test_size * resolution / own.resolution))
        grid += inference_grid(candidate, {"resolution": [resolution], "max_test_size": [longest], **values})
    return tuple(grid)


def _around(own: int, shares: Sequence[float]) -> list[int]:
    return sorted({max(1, round(own * share)) for share in shares})


def _chosen(trials: Sequence[Trial], number: int | None, name: str) -> Trial:
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    if number is not None:
        complete = [trial for trial in complete if trial.number == number]
    if not complete:
        which = "no trial" if number is None else f"no trial {number}"
        raise ExperimentError(f"{name}: has {which} that is complete, among {len(trials)} trials")
    return max(complete, key=lambda trial: (trial.accuracy, -trial.number))

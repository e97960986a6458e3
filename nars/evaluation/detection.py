"""Evaluates candidates by training detectors on a data spec's train and validation splits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from nars.data.detection import DetectionSplit, load_detection_split, prepare_detection_splits
from nars.evaluation.evaluator import TrialTask
from nars.evaluation.sweep import sweep
from nars.models.detector import TwoStageDetector
from nars.space.candidate import Candidate
from nars.space.constraint import Constraint
from nars.space.data_spec import DataSpec
from nars.space.domains import Value
from nars.space.inference import inference_grid
from nars.space.settings import Backend
from nars.storage.knob_distributions import violations
from nars.training import group
from nars.training.detection.detectron2_trial import train_detector_with_detectron2
from nars.training.detection.run import train_detector
from nars.training.device import choose_device
from nars.training.trained import load_trained
from nars.trials import EpochRecord, Evaluation, Inference, nondominated


@dataclass(kw_only=True, slots=True)
class DetectionEvaluator:
    """Trains and validates detectors; it never reads the test split."""

    spec: DataSpec
    directory: Path
    """Folder that holds ``splits.json``, made by `nars.data.detection.prepare_detection_splits`, and decoded images."""
    with_masks: bool
    """Whether the task is instance segmentation."""
    threads: int
    device: str = "auto"
    """``auto`` is the GPU where there is one."""
    profile: bool = False
    """Whether evaluations tell where the time went; trainings by detectron2 never do."""
    backend: Backend = "torchvision"
    """Whose trainer and evaluator run the trials."""
    swept: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    """Settings of inference that a detector trained in full is told under; see `nars.space.inference`."""
    constraints: tuple[Constraint, ...] = ()
    """What it must meet under them too: with more proposals a detector may cost too much."""
    _splits: tuple[DetectionSplit, DetectionSplit] | None = field(default=None, init=False, repr=False)
    """Train and validation, once prepared."""

    def prepare(self) -> None:
        """Set torch's threads and load both splits.

        Raises:
            DataError: If the data is absent or does not fit its recorded splits.
        """
        torch.set_num_threads(self.threads)
        splits = prepare_detection_splits(self.spec, self.directory, with_masks=self.with_masks)
        self._splits = (
            load_detection_split(splits, "train", with_masks=self.with_masks, directory=self.directory),
            load_detection_split(splits, "val", with_masks=self.with_masks, directory=self.directory),
        )

    def evaluate(self, task: TrialTask, report: Callable[[EpochRecord], None]) -> Evaluation:
        """Train and validate one candidate; see `nars.training.detection.run.train_detector`.

        Raises:
            RuntimeError: If `prepare` has not run.
            DivergedError: If the training diverges.
        """
        if self._splits is None:
            raise RuntimeError("prepare must be called before evaluate")
        evaluation = self._train(task, *self._splits, report)
        if evaluation.epochs < task.candidate.recipe.epochs or not self.swept or group.rank():
            return evaluation
        return replace(evaluation, inferences=self._inferences(task.candidate, task.directory, self._splits[1]))

    def _train(
        self,
        task: TrialTask,
        train_split: DetectionSplit,
        val_split: DetectionSplit,
        report: Callable[[EpochRecord], None],
    ) -> Evaluation:
        if self.backend == "detectron2":
            return train_detector_with_detectron2(
                task.candidate,
                train_split,
                val_split,
                stop_epoch=task.stop_epoch,
                seed=task.seed,
                directory=task.directory,
                device=self.device,
                report=report,
            )
        return train_detector(
            task.candidate,
            train_split,
            val_split,
            stop_epoch=task.stop_epoch,
            rungs=task.rungs,
            seed=task.seed,
            directory=task.directory,
            start_from=task.start_from,
            device=self.device,
            report=report,
            profile=self.profile,
        )

    def _inferences(self, candidate: Candidate, directory: Path, val_split: DetectionSplit) -> tuple[Inference, ...]:
        """What the trained weights are worth under other settings inside the constraints, the best of each cost."""
        detector = load_trained(candidate, directory)
        assert isinstance(detector, TwoStageDetector), "a detector's candidate"
        combinations = inference_grid(candidate, self.swept)
        told = [
            Inference(settings=one.settings, accuracy=one.accuracy, cost=one.cost)
            for one in sweep(detector, candidate, val_split, combinations, device=choose_device(self.device))
            if all(excess <= 0 for excess in violations(self.constraints, one.cost).values())
        ]
        accuracy_N = np.array([one.accuracy for one in told])
        macs_N1 = np.array([one.cost.macs for one in told], dtype=np.float64)[:, None]
        return tuple(told[row] for row in np.flatnonzero(nondominated(accuracy_N, macs_N1)))

"""Evaluates candidates by training detectors on a data spec's train and validation splits."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch

from nars.data.detection import DetectionSplit, load_detection_split, prepare_detection_splits
from nars.evaluation.evaluator import TrialTask
from nars.space.data_spec import DataSpec
from nars.training.detection.run import train_detector
from nars.trials import EpochRecord, Evaluation


@dataclass(kw_only=True, slots=True)
class DetectionEvaluator:
    """Trains and validates detectors; it never reads the test split."""

    spec: DataSpec
    directory: Path
    """Folder that holds ``splits.json``, made by `nars.data.detection.prepare_detection_splits`."""
    with_masks: bool
    """Whether the task is instance segmentation."""
    threads: int
    device: str = "auto"
    """``auto`` is the GPU where there is one."""
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
            load_detection_split(splits, "train", with_masks=self.with_masks),
            load_detection_split(splits, "val", with_masks=self.with_masks),
        )

    def evaluate(self, task: TrialTask, report: Callable[[EpochRecord], None]) -> Evaluation:
        """Train and validate one candidate; see `nars.training.detection.run.train_detector`.

        Raises:
            RuntimeError: If `prepare` has not run.
            DivergedError: If the training diverges.
        """
        if self._splits is None:
            raise RuntimeError("prepare must be called before evaluate")
        train_split, val_split = self._splits
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
        )

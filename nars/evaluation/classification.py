"""Evaluates candidates by training classifiers on a data spec's train and validation splits."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch

from nars.data.dataset import Split
from nars.data.source import load_split, prepare_splits
from nars.evaluation.evaluator import TrialTask
from nars.space.data_spec import DataSpec
from nars.training.run import train
from nars.trials import EpochRecord, Evaluation


@dataclass(kw_only=True, slots=True)
class ClassificationEvaluator:
    """Trains and validates image classifiers; it never reads the test split."""

    spec: DataSpec
    directory: Path
    """Folder that holds ``splits.json``, made by `nars.data.source.prepare_splits`, and the decoded images."""
    size: int
    """Pixels at which images are kept: the largest resolution of the space."""
    threads: int
    device: str = "auto"
    """``auto`` is the GPU where there is one."""
    profile: bool = False
    """Whether evaluations tell where the time went."""
    _splits: tuple[Split, Split] | None = field(default=None, init=False, repr=False)
    """Train and validation, once prepared."""

    def prepare(self) -> None:
        """Set torch's threads and load both splits.

        Raises:
            DataError: If the data is absent or does not fit its recorded splits.
        """
        torch.set_num_threads(self.threads)
        splits = prepare_splits(self.spec, self.directory)
        self._splits = (
            load_split(splits, "train", size=self.size, directory=self.directory),
            load_split(splits, "val", size=self.size, directory=self.directory),
        )

    def evaluate(self, task: TrialTask, report: Callable[[EpochRecord], None]) -> Evaluation:
        """Train and validate one candidate; see `nars.training.run.train`.

        Raises:
            RuntimeError: If `prepare` has not run.
            DivergedError: If the training diverges.
        """
        if self._splits is None:
            raise RuntimeError("prepare must be called before evaluate")
        train_split, val_split = self._splits
        return train(
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

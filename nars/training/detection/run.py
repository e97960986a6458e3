"""A candidate detector becomes an evaluation."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from nars.data.detection import DetectionSplit
from nars.space.candidate import Candidate
from nars.training.detection.applied import read_detector_applied
from nars.training.detection.parts import build_detector_parts, require_classes
from nars.training.detection.validate import validate_detector
from nars.training.run import run
from nars.training.trainee import Prepared
from nars.trials import EpochRecord, Evaluation, Rung

VALIDATION_BATCH = 8
"""Images of a step without gradients."""


def train_detector(
    candidate: Candidate,
    train_split: DetectionSplit,
    val_split: DetectionSplit,
    *,
    stop_epoch: int,
    rungs: Sequence[Rung] = (),
    seed: int,
    directory: Path,
    start_from: Path | None = None,
    device: str = "auto",
    report: Callable[[EpochRecord], None] | None = None,
    profile: bool = False,
) -> Evaluation:
    """Trains a detector up to an epoch, going on from where an earlier call stopped.

    What `nars.training.run.train` promises of arguments, sameness and errors holds here too.

    Args:
        candidate: What to train, and how.
        train_split: Training images and objects, with masks where the detector has a mask head.
        val_split: Validation images and objects, likewise.
        stop_epoch: Epochs to have done in the end.
        rungs: Where the run ends early if it is less accurate.
        seed: Of initialisation, order, augmentation, and samples of anchors and regions.
        directory: Folder of the run's checkpoints.
        start_from: Another folder of this candidate and seed.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:1``.
        report: Called after each new epoch.
        profile: Whether to tell where the time went.

    Returns:
        Metrics after ``stop_epoch`` epochs, or after those that a rung ended it at; the accuracy is box AP, or mask AP
        of a detector with masks.
    """
    require_classes(val_split, candidate)

    def prepare(chosen: torch.device) -> Prepared:
        parts = build_detector_parts(candidate, train_split, chosen)
        return Prepared(
            parts=parts,
            applied=read_detector_applied(parts),
            validate=lambda: validate_detector(
                parts.validated, val_split, batch_size=VALIDATION_BATCH, device=parts.device
            ),
        )

    return run(
        candidate,
        prepare,
        stop_epoch=stop_epoch,
        rungs=rungs,
        seed=seed,
        directory=directory,
        start_from=start_from,
        device=device,
        report=report,
        profile=profile,
    )

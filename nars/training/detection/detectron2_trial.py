"""A trial of a detector whose training and validation are detectron2's."""

import time
from collections.abc import Callable
from pathlib import Path

from nars.data.detection import DetectionSplit
from nars.space.candidate import Candidate
from nars.training.checkpoint import Checkpoint, save
from nars.training.detection.detectron2_run import Detectron2Epoch, train_with_detectron2
from nars.training.device import choose_device
from nars.trials import DetectionFigures, EpochRecord, Evaluation


def train_detector_with_detectron2(
    candidate: Candidate,
    train_split: DetectionSplit,
    val_split: DetectionSplit,
    *,
    stop_epoch: int,
    seed: int,
    directory: Path,
    device: str = "auto",
    report: Callable[[EpochRecord], None] | None = None,
) -> Evaluation:
    """Trains a detector up to an epoch, from its first: detectron2's random numbers cannot be taken up in the middle.

    Arguments and errors are those of `nars.training.detection.run.train_detector`, and of `train_with_detectron2`. The
    folder holds a checkpoint of our detector in the end, which export and sweep read like any other.

    Returns:
        Metrics after ``stop_epoch`` epochs; what the run applied is not read back.
    """
    started = time.perf_counter()
    curve: list[EpochRecord] = []
    chosen = choose_device(device)

    def keep(epoch: Detectron2Epoch) -> None:
        figures = DetectionFigures(boxes=epoch.boxes, masks=epoch.masks)
        counted = figures.boxes if figures.masks is None else figures.masks
        record = EpochRecord(
            epoch=len(curve) + 1,
            train_loss=epoch.train_loss,
            val_loss=None,
            val_accuracy=min(counted.ap or 0.0, 1.0),
            lr=epoch.lr,
            wall_s=time.perf_counter() - started - sum(one.wall_s for one in curve),
            detection=figures,
        )
        curve.append(record)
        if report is not None:
            report(record)

    result = train_with_detectron2(
        candidate,
        train_split,
        val_split,
        seed=seed,
        directory=directory / "detectron2",
        device=str(chosen),
        stop_epoch=stop_epoch,
        report=keep,
    )
    wall_s = time.perf_counter() - started
    checkpoint = Checkpoint(
        candidate_id=candidate.id,
        seed=seed,
        curve=tuple(curve),
        wall_s=wall_s,
        network=result.detector.state_dict(),
        average=None,
        optimizer={},
    )
    save(checkpoint, directory)
    return Evaluation(
        accuracy=curve[-1].val_accuracy, epochs=stop_epoch, curve=tuple(curve), wall_s=wall_s, device=str(chosen)
    )

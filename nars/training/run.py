"""A candidate becomes an evaluation: train, validate and save, epoch by epoch."""

import gc
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from nars.data.dataset import Split
from nars.errors import DivergedError, is_out_of_memory
from nars.space.candidate import Candidate
from nars.training import group
from nars.training.applied import read_applied
from nars.training.augmentation import resize
from nars.training.checkpoint import Checkpoint, load_last, require_same_run, save
from nars.training.device import (
    choose_device,
    describe_device,
    deterministic,
    forget_peak_memory,
    is_limited,
    peak_memory_bytes,
    place_data,
    seeded,
)
from nars.training.epoch import epoch_seed, train_epoch
from nars.training.parts import Parts, build_parts, require_fitting
from nars.training.stopwatch import Stopwatch
from nars.training.trainee import Prepared, Trainee, Validation
from nars.training.validate import validate
from nars.trials import EpochRecord, Evaluation, Rung, last_epoch

_WORST_LOSS = 2.0
"""Times the loss of a blind network; a run that stays above it learns nothing, whatever the rest of its recipe."""
_VALIDATION_BATCH = 256

_logger = logging.getLogger(__name__)


def train(
    candidate: Candidate,
    train_split: Split,
    val_split: Split,
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
    """Trains a candidate up to an epoch, going on from where an earlier call stopped.

    The result is a function of candidate, data, seed, ``stop_epoch`` and rungs alone, on one kind of device with one
    number of threads: neither interruptions nor earlier stops change a bit of it. torch's generators are as before
    afterwards.

    Args:
        candidate: What to train, and how.
        train_split: Training images at any size.
        val_split: Validation images at any size.
        stop_epoch: Epochs to have done in the end; the schedule is that of all the recipe's epochs.
        rungs: Where the run ends early if it is less accurate.
        seed: Of initialisation, order and augmentation.
        directory: Folder of the run's checkpoints.
        start_from: Another folder of this candidate and seed, taken where ``directory`` has no checkpoint.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:1``.
        report: Called after each new epoch, once its checkpoint is on disk.
        profile: Whether to tell where the time went.

    Returns:
        Metrics after ``stop_epoch`` epochs, or after those that a rung ended it at.

    Raises:
        DivergedError: If the loss is not finite, or far above that of a uniform guess for a whole epoch.
        CheckpointError: If the checkpoint is of another candidate or seed, or cannot be written.
        DataError: If the images do not fit the architecture.
        ValueError: If ``stop_epoch`` is not in 1 to the recipe's epochs.
    """
    require_fitting(val_split, candidate)

    def prepare(chosen: torch.device) -> Prepared:
        parts = build_parts(candidate, train_split, chosen)
        prepared_split = _prepare_validation(val_split, candidate, parts)
        return Prepared(parts=parts, applied=read_applied(parts), validate=lambda: _validate(parts, prepared_split))

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


def run(
    candidate: Candidate,
    prepare: Callable[[torch.device], Prepared],
    *,
    stop_epoch: int,
    rungs: Sequence[Rung],
    seed: int,
    directory: Path,
    start_from: Path | None,
    device: str,
    report: Callable[[EpochRecord], None] | None,
    profile: bool = False,
) -> Evaluation:
    """The course of a training of any task; result and errors are those of `train`.

    Where memory is short it goes on once, from the last checkpoint, with half a batch at a time; not where the process
    has only a part of a GPU, since with more of it nothing needs halving.

    Args:
        candidate: What to train, and how.
        prepare: Builds the run on a device; draws from torch's current generators.
        stop_epoch: As in `train`, as all that follow.
        rungs: Where the run ends early.
        seed: Of initialisation, order and augmentation.
        directory: Folder of the run's checkpoints.
        start_from: Another folder of this candidate and seed.
        device: Where to train.
        report: Called after each new epoch.
        profile: Whether to tell where the time went.
    """
    if not 1 <= stop_epoch <= candidate.recipe.epochs:
        raise ValueError(f"stop_epoch must be in 1 to {candidate.recipe.epochs}, got {stop_epoch}")
    chosen = choose_device(device)

    def attempt(passes: int) -> Evaluation:
        return _attempt(
            candidate,
            prepare,
            stop_epoch=stop_epoch,
            rungs=rungs,
            seed=seed,
            directory=directory,
            start_from=start_from,
            device=chosen,
            report=report,
            watch=Stopwatch(chosen, on=profile),
            passes=passes,
        )

    try:
        return attempt(1)
    except Exception as error:
        # in a group the others wait for this one's gradients
        if not is_out_of_memory(error) or group.size() > 1 or is_limited(chosen):
            raise
        _logger.warning("%s: memory was short; going on with half a batch at a time: %s", directory, error)
    # only now, outside of the handler, is nothing left of the first attempt's tensors
    gc.collect()
    if chosen.type == "cuda":
        torch.cuda.empty_cache()
    return attempt(2)


def _attempt(
    candidate: Candidate,
    prepare: Callable[[torch.device], Prepared],
    *,
    stop_epoch: int,
    rungs: Sequence[Rung],
    seed: int,
    directory: Path,
    start_from: Path | None,
    device: torch.device,
    report: Callable[[EpochRecord], None] | None,
    watch: Stopwatch,
    passes: int,
) -> Evaluation:
    """A run from its last checkpoint to its end."""
    started_s = time.monotonic()
    forget_peak_memory(device)
    with deterministic():
        with seeded(epoch_seed(seed, 0)):
            prepared = prepare(device)
        parts = prepared.parts
        done = _continue(parts, candidate, seed=seed, directory=directory, start_from=start_from)
        curve = list(done.curve) if done else []
        wall_s = done.wall_s if done else 0.0
        stop_epoch = _stop_epoch(curve, stop_epoch, candidate, rungs)
        group.wait()  # all have read the same checkpoint before the first writes another
        watch.lap("prepare")
        while len(curve) < stop_epoch:
            curve.append(_run_epoch(prepared, epoch=len(curve) + 1, seed=seed, passes=passes, watch=watch))
            now_s = wall_s + time.monotonic() - started_s
            if group.rank() == 0:
                save(_checkpoint(parts, candidate, seed=seed, curve=curve, wall_s=now_s), directory)
                if report is not None:
                    report(curve[-1])
            watch.lap("storage")
            stop_epoch = _stop_epoch(curve, stop_epoch, candidate, rungs)
    return Evaluation(
        accuracy=curve[stop_epoch - 1].val_accuracy,
        epochs=stop_epoch,
        curve=tuple(curve[:stop_epoch]),
        applied=prepared.applied,
        wall_s=wall_s + time.monotonic() - started_s,
        device=describe_device(device),
        passes=passes,
        peak_memory_bytes=peak_memory_bytes(device),
        spent=watch.spent,
    )


def _stop_epoch(curve: Sequence[EpochRecord], planned: int, candidate: Candidate, rungs: Sequence[Rung]) -> int:
    """The run's last epoch, as far as its curve tells."""
    accuracies = [record.val_accuracy for record in curve]
    early = last_epoch(accuracies, epochs=candidate.recipe.epochs, rungs=rungs)
    return planned if early is None else min(planned, early)


def _continue(
    parts: Trainee, candidate: Candidate, *, seed: int, directory: Path, start_from: Path | None
) -> Checkpoint | None:
    """Puts the last good checkpoint's state into the parts; none where the run starts afresh."""
    source = directory
    checkpoint = load_last(directory)
    if checkpoint is None and start_from is not None:
        source = start_from
        checkpoint = load_last(start_from)
    if checkpoint is None:
        return None
    require_same_run(checkpoint, source, candidate_id=candidate.id, seed=seed)
    parts.network.load_state_dict(checkpoint.network)
    parts.optimizer.load_state_dict(dict(checkpoint.optimizer))
    if parts.average is not None and checkpoint.average is not None:
        parts.average.load_state_dict(checkpoint.average)
    if source != directory and group.rank() == 0:
        save(checkpoint, directory)
    _logger.info("%s: continuing after epoch %d of %s", directory, checkpoint.epoch, source)
    return checkpoint


def _prepare_validation(split: Split, candidate: Candidate, parts: Parts) -> Split:
    """Validation images at the architecture's resolution, on the device where they fit."""
    images = resize(split.images, candidate.architecture.resolution)
    return Split(images=place_data(images, parts.device), labels=place_data(split.labels, parts.device))


def _validate(parts: Parts, val_split: Split) -> Validation:
    loss, accuracy = validate(
        parts.validated,
        val_split,
        resolution=parts.images.shape[-1],
        batch_size=_VALIDATION_BATCH,
        device=parts.device,
    )
    return Validation(loss=loss, accuracy=accuracy)


def _run_epoch(prepared: Prepared, *, epoch: int, seed: int, passes: int, watch: Stopwatch) -> EpochRecord:
    started_s = time.monotonic()
    trained = train_epoch(prepared.parts, epoch=epoch, seed=seed, passes=passes, watch=watch)
    _require_learning(prepared.parts, trained.train_loss, epoch)
    found = group.told_by_first(prepared.validate)
    watch.lap("validation")
    return EpochRecord(
        epoch=epoch,
        train_loss=trained.train_loss,
        val_loss=found.loss,
        val_accuracy=found.accuracy,
        lr=trained.lr,
        wall_s=time.monotonic() - started_s,
        detection=found.detection,
    )


def _require_learning(parts: Trainee, train_loss: float, epoch: int) -> None:
    """Ends a run whose loss stayed far above that of a blind network for a whole epoch after the warm-up."""
    highest = _WORST_LOSS * parts.blind_loss
    if (epoch - 1) / parts.recipe.epochs >= parts.recipe.warmup and train_loss > highest:
        raise DivergedError(
            f"diverged in epoch {epoch}: train loss must be <= {highest:.3f} "
            f"({_WORST_LOSS:g} times {parts.blind_words}), got {train_loss:.3f}"
        )


def _checkpoint(
    parts: Trainee, candidate: Candidate, *, seed: int, curve: list[EpochRecord], wall_s: float
) -> Checkpoint:
    return Checkpoint(
        candidate_id=candidate.id,
        seed=seed,
        curve=tuple(curve),
        wall_s=wall_s,
        network=parts.network.state_dict(),
        average=None if parts.average is None else parts.average.state_dict(),
        optimizer=parts.optimizer.state_dict(),
    )

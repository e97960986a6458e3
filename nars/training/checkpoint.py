"""The state of a run after an epoch, on disk: plain tensors and numbers, written whole or not at all."""

import io
import logging
import os
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor

from nars.errors import CheckpointError
from nars.trials import EpochRecord

NUM_KEPT = 2
"""The last one, and the one before in case the last is damaged."""
_FORMAT = 1
_PATTERN = "epoch_*.pt"

_CURVES: TypeAdapter[tuple[EpochRecord, ...]] = TypeAdapter(tuple[EpochRecord, ...])

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """All that a run needs to go on as if it had never stopped; randomness starts anew from seed and epoch."""

    candidate_id: str
    seed: int
    curve: tuple[EpochRecord, ...]
    """One record for each epoch done."""
    wall_s: float
    """Seconds spent so far, over all processes that worked on the run."""
    network: Mapping[str, Tensor]
    """State of the network as trained."""
    average: Mapping[str, Tensor] | None
    """State of the weight average; none where the recipe has none."""
    optimizer: Mapping[str, Any]
    """State of the optimiser, as torch gives it."""

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.curve)


def save(checkpoint: Checkpoint, directory: Path) -> Path:
    """Writes a checkpoint beside the earlier ones and removes all but the last two.

    Args:
        checkpoint: What to write.
        directory: Folder of the run; made where absent.

    Returns:
        The file.

    Raises:
        CheckpointError: If it cannot be written, as on a full disk; the earlier ones are then as they were.
    """
    content = {name: getattr(checkpoint, name) for name in Checkpoint.__dataclass_fields__}
    content["curve"] = [asdict(record) for record in checkpoint.curve]
    content["format"] = _FORMAT
    buffer = io.BytesIO()
    torch.save(content, buffer)
    path = directory / f"epoch_{checkpoint.epoch:05d}.pt"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _write_atomically(buffer.getbuffer(), path)
    except OSError as error:
        raise CheckpointError(f"{path}: the checkpoint cannot be written: {error.strerror}") from error
    for old in _files(directory)[NUM_KEPT:]:
        old.unlink(missing_ok=True)
    return path


def load_last(directory: Path) -> Checkpoint | None:
    """The newest checkpoint that is whole.

    Args:
        directory: Folder of the run.

    Returns:
        The checkpoint; none where there is no readable one. Damaged files are named in the log.
    """
    for path in _files(directory):
        try:
            return _load(path)
        except CheckpointError as error:
            _logger.warning("%s; falling back to the one before", error)
    return None


def require_same_run(checkpoint: Checkpoint, directory: Path, *, candidate_id: str, seed: int) -> None:
    """Refuses the checkpoint of another run.

    Raises:
        CheckpointError: If its candidate or its seed is another.
    """
    for name, got, wanted in (
        ("candidate", checkpoint.candidate_id, candidate_id),
        ("seed", checkpoint.seed, seed),
    ):
        if got != wanted:
            raise CheckpointError(f"{directory}: the checkpoint must be of {name} {wanted}, got {got}")


def _files(directory: Path) -> list[Path]:
    """Checkpoints, newest first."""
    return sorted(directory.glob(_PATTERN), reverse=True)


def _write_atomically(content: memoryview, path: Path) -> None:
    temporary = path.with_suffix(".tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    # the new name itself is safe only once its folder is on disk
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _load(path: Path) -> Checkpoint:
    try:
        # torch reads its zip files without looking at their checksums
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged is not None:
            raise CheckpointError(f"{path}: damaged at {damaged}")
        content = torch.load(path, map_location="cpu", weights_only=True)
        if content.pop("format") != _FORMAT:
            raise CheckpointError(f"{path}: format must be {_FORMAT}")
        curve = _CURVES.validate_python(content.pop("curve"))
        return Checkpoint(curve=curve, **content)
    except (OSError, RuntimeError, EOFError, zipfile.BadZipFile, pickle.UnpicklingError) as error:
        raise CheckpointError(f"{path}: truncated or damaged: {str(error).splitlines()[0]}") from None
    except (AttributeError, KeyError, TypeError, ValidationError) as error:
        raise CheckpointError(f"{path}: not a checkpoint of this version: {error}") from None

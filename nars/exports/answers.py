"""What a trained network of either task answers to a split, and what of it depends on the task."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from nars.data.dataset import DataInfo
from nars.data.detection import (
    DetectionSplits,
    inspect_detection_data,
    load_detection_split,
    prepare_detection_splits,
)
from nars.data.source import inspect_data, load_split, prepare_splits
from nars.data.splits import Splits
from nars.exports.formats.format import Runner
from nars.exports.measure import accuracy_of, predict
from nars.space.candidate import Candidate
from nars.space.data_spec import DataSpec, SplitName
from nars.training.detection.run import VALIDATION_BATCH
from nars.training.detection.validate import detect, validation_of
from nars.training.network import Normalize
from nars.trials import DetectionFigures

CPU = torch.device("cpu")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """A network's answers to all images of a split."""

    everything: Tensor
    """All numbers that it gave, in a fixed order, to be compared bit by bit."""
    accuracy: float
    """The task's metric, in [0, 1]."""
    images: int
    detection: DetectionFigures | None = None
    """All of COCO's figures of a detector."""


def data_info(candidate: Candidate, data: DataSpec) -> DataInfo:
    """Channels and classes of the data, read as the candidate's task reads it."""
    return inspect_detection_data(data) if candidate.is_detector else inspect_data(data)


def recorded_splits(candidate: Candidate, data: DataSpec, directory: Path) -> Splits | DetectionSplits:
    """The splits of a folder, drawn and recorded where there is no record yet.

    Raises:
        DataError: If the data breaks a rule, or has vanished or changed.
    """
    if candidate.is_detector:
        return prepare_detection_splits(data, directory, with_masks=candidate.has_masks)
    return prepare_splits(data, directory)


def num_images(splits: Splits | DetectionSplits, name: SplitName) -> int:
    """Images of one split."""
    return len(splits.listing(name).image_ids if isinstance(splits, DetectionSplits) else splits.listing(name).paths)


def answers_of(
    network: nn.Module | Runner,
    candidate: Candidate,
    splits: Splits | DetectionSplits,
    name: SplitName,
    *,
    size: int,
) -> Answers:
    """What a network answers to a split, computed so that it comes out the same again: on the CPU, in float32.

    Args:
        network: Of the candidate, on the CPU and in eval mode; or a bundle's other format.
        candidate: Tells task and resolution.
        splits: As `recorded_splits` gives them.
        name: The split that is read, and no other.
        size: Pixels at which a classifier's images are kept.
    """
    if isinstance(splits, DetectionSplits):
        assert isinstance(network, nn.Module), "a detector's formats are modules too"
        split = load_detection_split(splits, name, with_masks=candidate.has_masks)
        found = detect(network, split, batch_size=VALIDATION_BATCH, device=CPU)
        validation = validation_of(split, found)
        numbers = [torch.column_stack([one.boxes, one.labels, one.scores]).flatten() for one in found]
        return Answers(
            everything=torch.cat(numbers),
            accuracy=validation.accuracy,
            images=len(split),
            detection=validation.detection,
        )
    images = load_split(splits, name, size=size)
    logits_NK = predict(network, images, resolution=candidate.architecture.resolution)
    return Answers(everything=logits_NK, accuracy=accuracy_of(logits_NK, images.labels), images=len(images))


def normalization_of(network: nn.Module) -> Normalize:
    """The step of a network that subtracts the mean and divides by the standard deviation."""
    return next(module for module in network.modules() if isinstance(module, Normalize))

"""The built objects of a detector's run, before the first step."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn, optim

from nars.data.detection import DetectionSplit
from nars.errors import DataError
from nars.models.detector import TwoStageDetector, build_detector
from nars.models.pretrained import WeightsReport
from nars.space.candidate import Candidate
from nars.space.recipe import Recipe
from nars.training import group
from nars.training.averaging import WeightAverage, build_average
from nars.training.detection.augmentation import build_detection_augmentation
from nars.training.detection.example import Example, example_of
from nars.training.device import MEMORY_FORMAT, autocast
from nars.training.initial_weights import start_from_weights
from nars.training.network import measure_normalization_of_each
from nars.training.optimizer import build_optimizer
from nars.training.stopwatch import OFF, Stopwatch

_BLIND_BOX_LOSS = 1.0
"""Of the RPN and of the box head each, at most, before they have learnt anything; measured on new networks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectorParts:
    """What a run trains, with what, on what."""

    recipe: Recipe
    device: torch.device
    split: DetectionSplit
    """The training images."""
    num_classes: int
    with_masks: bool
    network: TwoStageDetector
    spread: nn.Module
    """The network as training calls it: in a group, with its gradients averaged."""
    weights: WeightsReport | None
    """What became of the recipe's initial weights; none where they are random."""
    optimizer: optim.Optimizer
    average: WeightAverage | None
    augmentation: nn.Sequential
    batch_size: int
    """The recipe's, or the number of training images where that is smaller."""

    @property
    def validated(self) -> nn.Module:
        """The network whose figures count: the averaged one where there is one."""
        return self.network if self.average is None else self.average.module

    @property
    def num_images(self) -> int:
        """Training images."""
        return len(self.split)

    @property
    def steps_per_epoch(self) -> int:
        """Every image once; the last batch may be smaller, but for one image a process."""
        whole, rest = divmod(self.num_images, self.batch_size)
        return whole + (rest >= group.size())

    @property
    def blind_loss(self) -> float:
        """Loss of scores that say nothing, with the boxes of a new network."""
        settings = self.recipe.detector
        assert settings is not None  # checked when the network was built
        loss = settings.objectness_weight * math.log(2) + settings.class_weight * math.log(self.num_classes + 1)
        loss += (settings.rpn_box_weight + settings.box_weight) * _BLIND_BOX_LOSS
        return loss + settings.mask_weight * math.log(2) * self.with_masks

    @property
    def blind_words(self) -> str:
        """What that loss is of."""
        return f"a detector of {self.num_classes} classes that has learnt nothing"

    def loss(self, rows: Tensor, watch: Stopwatch = OFF) -> Tensor:
        """Sum of the weighted losses of the training images at ``rows``, augmented anew."""
        examples: list[Example] = [
            self.augmentation(example_of(self.split, row, with_masks=self.with_masks)) for row in rows.tolist()
        ]
        images = [example.image.to(self.device).float() / 255 for example in examples]
        targets = [_target(example, self.device) for example in examples]
        watch.lap("data")
        with autocast(self.device):
            losses = self.spread(images, targets)
        assert isinstance(losses, dict)  # in training mode
        loss = torch.stack([loss.float() for loss in losses.values()]).sum()
        watch.lap("forward")
        return loss


def build_detector_parts(candidate: Candidate, train_split: DetectionSplit, device: torch.device) -> DetectorParts:
    """Builds a run; random weights come from torch's current generator, and the recipe's weights take their place.

    Args:
        candidate: What to train, and how.
        train_split: Training images and their objects.
        device: Where to train.

    Raises:
        DataError: If the objects are of more classes than the architecture tells apart.
        ModelError: If the detector cannot be built, or the recipe's weights are absent, damaged, or do not fit.
    """
    architecture, recipe = candidate.architecture, candidate.recipe
    require_classes(train_split, candidate)
    batch_size = min(recipe.batch_size, len(train_split))
    if batch_size < group.size():
        raise DataError(f"batch_size must be >= {group.size()} for as many processes, got {batch_size}")
    normalize = measure_normalization_of_each(train_split.images)
    network = build_detector(architecture, recipe, normalize=normalize)
    weights = start_from_weights(network, recipe)
    network = network.to(device).to(memory_format=MEMORY_FORMAT)
    return DetectorParts(
        recipe=recipe,
        device=device,
        split=train_split,
        num_classes=architecture.num_classes,
        with_masks=candidate.has_masks,
        network=network,
        # a pass without any object found leaves heads out
        spread=group.spread(network, may_skip=True),
        weights=weights,
        optimizer=build_optimizer(network, recipe, fused=True),
        average=build_average(network, decay=recipe.ema),
        augmentation=build_detection_augmentation(recipe),
        batch_size=batch_size,
    )


def require_classes(split: DetectionSplit, candidate: Candidate) -> None:
    """Refuses objects that the architecture cannot name.

    Raises:
        DataError: If there are more classes.
    """
    if split.num_classes > candidate.architecture.num_classes:
        raise DataError(
            f"num_classes must be >= {split.num_classes} for these objects, got {candidate.architecture.num_classes}"
        )


def _target(example: Example, device: torch.device) -> dict[str, Tensor]:
    target = {"boxes": example.boxes, "labels": example.labels, "crowd": example.crowd}
    if example.masks is not None:
        target["masks"] = example.masks
    return {name: tensor.to(device) for name, tensor in target.items()}

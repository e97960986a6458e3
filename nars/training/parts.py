"""The built objects of one run: everything that a recipe and an architecture turn into before the first step."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn, optim
from torchvision.transforms import v2

from nars.data.dataset import Split
from nars.errors import DataError
from nars.models.pretrained import WeightsReport
from nars.space.candidate import Candidate
from nars.space.recipe import Recipe
from nars.training import group
from nars.training.augmentation import build_augmentation, build_mixing, resize
from nars.training.averaging import WeightAverage, build_average
from nars.training.device import MEMORY_FORMAT, autocast, place, place_data
from nars.training.initial_weights import start_from_weights
from nars.training.network import NormalizedClassifier, build_network, measure_normalization
from nars.training.optimizer import build_optimizer
from nars.training.stopwatch import OFF, Stopwatch

_LEAST_SHARE = 2
"""Images of a batch that each process needs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What a run trains, with what, on what."""

    recipe: Recipe
    device: torch.device
    images: Tensor
    """All training images at the architecture's resolution, uint8."""
    labels: Tensor
    num_classes: int
    network: NormalizedClassifier
    spread: nn.Module
    """The network as training calls it: in a group, with its gradients averaged."""
    optimizer: optim.Optimizer
    weights: WeightsReport | None
    """What became of the recipe's initial weights; none where they are random."""
    average: WeightAverage | None
    augmentation: nn.Sequential
    mixing: v2.Transform | None
    criterion: nn.CrossEntropyLoss
    batch_size: int
    """The recipe's, or the number of training images where that is smaller."""

    @property
    def validated(self) -> nn.Module:
        """The network whose accuracy counts: the averaged one where there is one."""
        return self.network if self.average is None else self.average.module

    @property
    def num_images(self) -> int:
        """Training images."""
        return len(self.labels)

    @property
    def blind_loss(self) -> float:
        """Loss of a uniform guess."""
        return math.log(self.num_classes)

    @property
    def blind_words(self) -> str:
        """What that loss is of."""
        return f"a uniform guess among {self.num_classes} classes"

    def loss(self, rows: Tensor, watch: Stopwatch = OFF) -> Tensor:
        """Mean loss of the training images at ``rows``, augmented and mixed anew."""
        images = self.augmentation(_take(self.images, rows, self.device))
        x, y = place(images.float() / 255, self.device), _take(self.labels, rows, self.device)
        if self.mixing is not None:
            x, y = self.mixing(x, y)
        watch.lap("data")
        with autocast(self.device):
            logits = self.spread(x)
        loss: Tensor = self.criterion(logits.float(), y)
        watch.lap("forward")
        return loss

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches, and a smaller last one of two images a process: batch norm knows no variance of one."""
        whole, rest = divmod(len(self.labels), self.batch_size)
        return whole + (rest >= _LEAST_SHARE * group.size())


def build_parts(candidate: Candidate, train_split: Split, device: torch.device) -> Parts:
    """Builds a run; random weights come from torch's current generator, and the recipe's weights take their place.

    Args:
        candidate: What to train, and how.
        train_split: Training images at any size.
        device: Where to train.

    Returns:
        The objects, ready for the first step.

    Raises:
        DataError: If images and architecture differ in channels or classes, or a batch is too small for the group.
        ModelError: If the recipe's weights are absent, damaged, or do not fit.
    """
    architecture, recipe = candidate.architecture, candidate.recipe
    require_fitting(train_split, candidate)
    batch_size = min(recipe.batch_size, len(train_split))
    least = _LEAST_SHARE * group.size() if group.size() > 1 else 1
    if batch_size < least:
        raise DataError(f"batch_size must be >= {least} for {group.size()} processes, got {batch_size}")
    images = resize(train_split.images, architecture.resolution)
    network = build_network(candidate, measure_normalization(images))
    weights = start_from_weights(network, recipe)
    network = network.to(device).to(memory_format=MEMORY_FORMAT)
    return Parts(
        recipe=recipe,
        device=device,
        images=place_data(images, device),
        labels=place_data(train_split.labels, device),
        num_classes=architecture.num_classes,
        network=network,
        # not compiled: on the CPU that takes longer than a candidate trains (results/throughput)
        spread=group.spread(network),
        weights=weights,
        # one kernel for all tensors is the fastest form on both devices; measured on the CPU for small networks
        optimizer=build_optimizer(network, recipe, fused=True),
        average=build_average(network, decay=recipe.ema),
        augmentation=build_augmentation(recipe),
        mixing=build_mixing(recipe, num_classes=architecture.num_classes),
        criterion=nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing),
        batch_size=batch_size,
    )


def _take(tensor: Tensor, rows: Tensor, device: torch.device) -> Tensor:
    """Rows of a tensor that lies on the device or, where it does not fit there, on the host."""
    return tensor[rows.to(tensor.device)].to(device)


def require_fitting(split: Split, candidate: Candidate) -> None:
    """Refuses images that the architecture cannot read.

    Raises:
        DataError: If channels or classes differ.
    """
    architecture = candidate.architecture
    channels = split.images.shape[1]
    if channels != architecture.in_channels:
        raise DataError(f"in_channels must be {channels} for these images, got {architecture.in_channels}")
    num_classes = int(split.labels.max()) + 1
    if num_classes > architecture.num_classes:
        raise DataError(f"num_classes must be >= {num_classes} for these images, got {architecture.num_classes}")

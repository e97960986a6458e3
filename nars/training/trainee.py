"""What the training loop asks of the thing it trains, whatever its task."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn, optim

from nars.space.recipe import Recipe
from nars.training.averaging import WeightAverage
from nars.training.stopwatch import OFF, Stopwatch
from nars.trials import Applied, DetectionFigures


@dataclass(frozen=True, kw_only=True, slots=True)
class Validation:
    """How the validated network did on the validation split."""

    loss: float | None
    """None where the task has no loss without training."""
    accuracy: float
    """The task's metric, in [0, 1]."""
    detection: DetectionFigures | None = None


class Trainee(Protocol):
    """The built objects of one run, before the first step or after some."""

    @property
    def recipe(self) -> Recipe:
        """How it is trained."""

    @property
    def device(self) -> torch.device:
        """Where it is trained."""

    @property
    def network(self) -> nn.Module:
        """What is trained."""

    @property
    def optimizer(self) -> optim.Optimizer:
        """Of the network's parameters."""

    @property
    def average(self) -> WeightAverage | None:
        """The average that is validated in place of the network; none where the recipe has none."""

    @property
    def num_images(self) -> int:
        """Training images."""

    @property
    def batch_size(self) -> int:
        """Images a step."""

    @property
    def steps_per_epoch(self) -> int:
        """Batches of an epoch."""

    @property
    def blind_loss(self) -> float:
        """Loss of a network that tells nothing from its input."""

    @property
    def blind_words(self) -> str:
        """That network in words."""

    def loss(self, rows: Tensor, watch: Stopwatch = OFF) -> Tensor:
        """Mean loss of the training images at ``rows``, augmented anew, with its graph; laps data and forward."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A run before its first step."""

    parts: Trainee
    applied: Applied
    """What the parts really are."""
    validate: Callable[[], Validation]
    """How the validated network does now; leaves it in eval mode."""

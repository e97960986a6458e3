"""One epoch: every image once, in batches, in an order and with an augmentation drawn from seed and epoch."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nars.errors import DivergedError
from nars.training import group
from nars.training.device import seeded
from nars.training.optimizer import set_lr
from nars.training.schedule import lr_at
from nars.training.stopwatch import OFF, Stopwatch
from nars.training.trainee import Trainee

_CHECK_EVERY = 50
"""Steps between two looks at the loss: on CUDA a look waits for the device."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochResult:
    """What training for one epoch gave."""

    train_loss: float
    """Mean over the images."""
    lr: float
    """Of the last step."""


def epoch_seed(seed: int, epoch: int, rank: int = 0) -> int:
    """Seed of everything random in one epoch, so that a continued run draws what an uninterrupted one does.

    Args:
        seed: Of the run.
        epoch: 1 is the first; 0 is the initialisation.
        rank: Of the process in its group.

    Returns:
        A 64-bit seed, unrelated to those of other epochs and runs.
    """
    entropy = [epoch, seed, rank] if rank else [epoch, seed]
    return int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0])


def train_epoch(parts: Trainee, *, epoch: int, seed: int, passes: int = 1, watch: Stopwatch = OFF) -> EpochResult:
    """Trains for one epoch, in place.

    Args:
        parts: The run, after ``epoch - 1`` epochs.
        epoch: Number of this epoch, from 1.
        seed: Of the run.
        passes: In how many parts each batch goes through the network before its step.
        watch: Laps the phases of each step.

    Returns:
        Mean loss and last lr.

    Raises:
        DivergedError: If the loss is not finite.
    """
    parts.network.train()
    num_steps = parts.steps_per_epoch
    first_step = (epoch - 1) * num_steps
    loss_sum = torch.zeros((), device=parts.device)
    num_images, lr = 0, 0.0
    with seeded(epoch_seed(seed, epoch)):
        order = torch.randperm(parts.num_images)
        if group.rank():  # the same order in every process, and then each augments its own share its own way
            torch.manual_seed(epoch_seed(seed, epoch, group.rank()))
        for step, rows in enumerate(torch.split(order, parts.batch_size)[:num_steps]):
            # the middle of the step: progress lies in (0, 1), so that no step of a warm-up is wasted on an lr of 0
            lr = lr_at(parts.recipe, (first_step + step + 0.5) / (num_steps * parts.recipe.epochs))
            set_lr(parts.optimizer, lr)
            loss_sum += _train_step(parts, rows, passes, watch) * len(rows)
            num_images += len(rows)
            if (step + 1) % _CHECK_EVERY == 0:
                _require_finite(float(group.mean(loss_sum)) / num_images, epoch)
    train_loss = float(group.mean(loss_sum)) / num_images
    _require_finite(train_loss, epoch)
    return EpochResult(train_loss=train_loss, lr=lr)


def _train_step(parts: Trainee, rows: Tensor, passes: int, watch: Stopwatch) -> Tensor:
    """One optimiser step on the images of ``rows``; their mean loss, detached (in a group, once averaged over it)."""
    own = group.share(rows)
    # batch norm needs two images or more in each part
    chunks = own.chunk(passes) if len(own) >= 2 * passes else (own,)
    mean_loss = torch.zeros((), device=parts.device)
    parts.optimizer.zero_grad(set_to_none=True)
    for chunk in chunks:
        # the mean over processes is then that over all images
        loss = parts.loss(chunk, watch) * (len(chunk) * group.size() / len(rows))
        torch.autograd.backward(loss)
        mean_loss += loss.detach()
        watch.lap("backward")
    parts.optimizer.step()
    if parts.average is not None:
        parts.average.update_parameters(parts.network)
    watch.lap("optimizer")
    return mean_loss


def _require_finite(loss: float, epoch: int) -> None:
    if not math.isfinite(loss):
        raise DivergedError(f"diverged in epoch {epoch}: train loss must be finite, got {loss}")

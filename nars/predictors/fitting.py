"""Trains the joint network: first on costs, then its accuracy head, then all of it.

Everything random comes from the generator given, and sums run on one thread: the same numbers in every process.
Shapes: M members, N candidates, A architecture features, R recipe features, C costs.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from nars.predictors.network import JointNetwork


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """Lengths and speeds of the trainings; the two phases of 50 epochs are the paper's."""

    pretrain_epochs: int = 30
    pretrain_batch: int = 256
    pretrain_lr: float = 3e-3
    head_epochs: int = 50
    """With the encoder frozen."""
    head_lr: float = 1e-2
    joint_epochs: int = 50
    """With everything free, at a lower lr."""
    joint_lr: float = 2e-3
    batches: int = 4
    """Steps an epoch of the two fitting phases, however many rows there are."""
    weight_decay: float = 3e-2


@contextmanager
def single_thread() -> Iterator[None]:
    """One thread inside, so that sums have one order; the caller's setting comes back after."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def held_out(members: int, rows: int, *, folds: int, generator: torch.Generator) -> Tensor:
    """Which rows each member does not see, `M x N`: every row is left out by `M / folds` members.

    Nothing is held out with fewer rows than folds.
    """
    out_MN = torch.zeros(members, rows, dtype=torch.bool)
    if rows < folds:
        return out_MN
    for first in range(0, members, folds):
        fold_N = torch.randperm(rows, generator=generator) % folds
        for member in range(first, min(first + folds, members)):
            out_MN[member] = fold_N == member - first
    return out_MN


def pretrain_encoders(
    network: JointNetwork, x_NA: Tensor, cost_NC: Tensor, *, schedule: Schedule, generator: torch.Generator
) -> None:
    """Teach encoder and proxy head the normalised costs."""

    def loss(rows: Tensor) -> Tensor:
        proxy_MNC = network.proxies(network.encode(x_NA[rows]))
        return functional.smooth_l1_loss(proxy_MNC, cost_NC[rows].expand_as(proxy_MNC), beta=0.1)

    steps = max(1, len(x_NA) // schedule.pretrain_batch)
    phase = _Phase(epochs=schedule.pretrain_epochs, batches=steps, lr=schedule.pretrain_lr, weight_decay=0.0)
    _descend(network.encoder_parameters(), loss, len(x_NA), phase=phase, generator=generator)


def fit_heads(
    network: JointNetwork,
    x_NA: Tensor,
    x_NR: Tensor,
    y_N: Tensor,
    *,
    seen_MN: Tensor,
    schedule: Schedule,
    generator: torch.Generator,
) -> None:
    """Teach the accuracies: the head on frozen embeddings, then the whole network at a lower lr (Huber loss, delta 1).

    Args:
        network: Changed in place.
        x_NA: Architecture features.
        x_NR: Recipe features.
        y_N: Standardised accuracies.
        seen_MN: Rows that each member may learn from.
        schedule: Lengths and speeds.
        generator: Order of the rows.
    """
    with torch.no_grad():
        frozen_MNE = network.encode(x_NA)

    def head_loss(rows: Tensor) -> Tensor:
        return _huber(network.accuracy(frozen_MNE[:, rows], x_NR[rows]), y_N[rows], seen_MN[:, rows])

    def joint_loss(rows: Tensor) -> Tensor:
        return _huber(network.accuracy(network.encode(x_NA[rows]), x_NR[rows]), y_N[rows], seen_MN[:, rows])

    batches = min(schedule.batches, len(y_N))
    decay = schedule.weight_decay
    head = _Phase(epochs=schedule.head_epochs, batches=batches, lr=schedule.head_lr, weight_decay=decay)
    joint = _Phase(epochs=schedule.joint_epochs, batches=batches, lr=schedule.joint_lr, weight_decay=decay)
    _descend(network.head_parameters(), head_loss, len(y_N), phase=head, generator=generator)
    _descend(list(network.parameters()), joint_loss, len(y_N), phase=joint, generator=generator)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Phase:
    epochs: int
    batches: int
    lr: float
    weight_decay: float


def _huber(predicted_MN: Tensor, y_N: Tensor, seen_MN: Tensor) -> Tensor:
    loss_MN = functional.huber_loss(predicted_MN, y_N.expand_as(predicted_MN), reduction="none")
    # Members share no weights: a sum over them gives each the gradient of its own mean.
    return (loss_MN * seen_MN).sum() / max(1, seen_MN.shape[1])


def _descend(
    parameters: list[nn.Parameter],
    loss: Callable[[Tensor], Tensor],
    rows: int,
    *,
    phase: _Phase,
    generator: torch.Generator,
) -> None:
    """AdamW over shuffled batches, lr falling to zero along a cosine."""
    optimizer = torch.optim.AdamW(parameters, lr=phase.lr, weight_decay=phase.weight_decay)
    steps = phase.epochs * phase.batches
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, steps))
    for _ in range(phase.epochs):
        for batch in torch.randperm(rows, generator=generator).tensor_split(phase.batches):
            for parameter in parameters:
                parameter.grad = None
            gradients = torch.autograd.grad(loss(batch), parameters, allow_unused=True)
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient
            optimizer.step()
            cosine.step()

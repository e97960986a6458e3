"""The loop that people write: a DataLoader, transforms image by image, the default memory format, a look at each loss.

It trains the same network, recipe and schedule as NARS does. The images are in memory and resized already, so what is
compared is the loop, not the decoding.
"""

import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn, optim
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from nars.data.dataset import Split
from nars.space.candidate import Candidate
from nars.space.recipe import Recipe
from nars.training.augmentation import build_mixing, resize
from nars.training.averaging import warmed_decay
from nars.training.network import build_network, measure_normalization
from nars.training.optimizer import build_optimizer
from nars.training.schedule import lr_at


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """What a loop reached, and what it took."""

    accuracy: float
    wall_s: float
    cpu_s: float


class Images(Dataset[tuple[Tensor, Tensor]]):
    """Images of a split, each transformed when it is asked for."""

    def __init__(self, split: Split, transform: nn.Module) -> None:
        self.split, self.transform = split, transform

    def __len__(self) -> int:
        return len(self.split)

    def __getitem__(self, row: int) -> tuple[Tensor, Tensor]:
        return self.transform(self.split.images[row]), self.split.labels[row]


def transform_of(recipe: Recipe, resolution: int) -> v2.Compose:
    """The recipe's augmentation in torchvision's own transforms."""
    steps: list[nn.Module] = []
    if recipe.crop < 1:
        steps.append(v2.RandomResizedCrop(resolution, scale=(recipe.crop, 1.0), antialias=True))
    if recipe.flip:
        steps.append(v2.RandomHorizontalFlip())
    if recipe.randaugment:
        steps.append(v2.RandAugment(magnitude=recipe.randaugment))
    return v2.Compose([*steps, v2.ToDtype(torch.float32, scale=True)])


def average_of(network: nn.Module, decay: float) -> AveragedModel | None:
    """torch's moving average, tensor by tensor."""

    def update(average: Tensor, current: Tensor, num_averaged: Tensor | int) -> Tensor:
        if not average.is_floating_point():
            return current
        return average.lerp(current, 1 - warmed_decay(decay, int(num_averaged)))

    return AveragedModel(network, avg_fn=update, use_buffers=True) if decay else None


def train_plainly(candidate: Candidate, train_split: Split, val_split: Split, *, epochs: int, seed: int) -> Trained:
    """Trains the first epochs of a recipe."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    torch.manual_seed(seed)
    recipe, resolution = candidate.recipe, candidate.architecture.resolution
    small = Split(images=resize(train_split.images, resolution), labels=train_split.labels)
    network = build_network(candidate, measure_normalization(small.images))
    optimizer = build_optimizer(network, recipe)
    average = average_of(network, recipe.ema)
    mixing = build_mixing(recipe, num_classes=candidate.architecture.num_classes)
    criterion = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    loader = DataLoader(
        Images(small, transform_of(recipe, resolution)),
        batch_size=recipe.batch_size,
        shuffle=True,
        drop_last=len(small) % recipe.batch_size == 1,
    )
    val_small = Split(images=resize(val_split.images, resolution), labels=val_split.labels)
    val_loader = DataLoader(
        Images(val_small, v2.Compose([v2.ToDtype(torch.float32, scale=True)])), batch_size=recipe.batch_size
    )
    accuracy, step = 0.0, 0
    for _ in range(epochs):
        network.train()
        for images, labels in loader:
            set_lr(optimizer, lr_at(recipe, (step + 0.5) / (len(loader) * recipe.epochs)))
            x, y = mixing(images, labels) if mixing is not None else (images, labels)
            loss = criterion(network(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if average is not None:
                average.update_parameters(network)
            if loss.item() != loss.item():
                raise SystemExit("the plain loop diverged")
            step += 1
        accuracy = accuracy_of(network if average is None else average, val_loader)
    return Trained(accuracy=accuracy, wall_s=time.perf_counter() - wall_s, cpu_s=time.process_time() - cpu_s)


def set_lr(optimizer: optim.Optimizer, lr: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = lr


def accuracy_of(network: nn.Module, loader: DataLoader[tuple[Tensor, Tensor]]) -> float:
    network.eval()
    right = seen = 0
    with torch.no_grad():
        for images, labels in loader:
            right += int((network(images).argmax(1) == labels).sum())
            seen += len(labels)
    return right / seen

"""What a run really uses, read back from the built objects and not from the recipe that asked for it."""

import hashlib
from collections.abc import Callable

from torch import Tensor, nn, optim

from nars.models.pretrained import WeightsReport
from nars.training.averaging import WeightAverage
from nars.training.parts import Parts
from nars.training.schedule import lr_at
from nars.training.trainee import Trainee
from nars.trials import Applied

_SHOWN_PROGRESS = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99)
_NUM_HASHED_POINTS = 1024
# Settings that choose how torch computes a step, not what it computes.
_IMPLEMENTATION = frozenset({"params", "foreach", "fused", "capturable", "differentiable"})


def read_applied(parts: Parts) -> Applied:
    """The record of a classifier's run that has not taken a step yet.

    Args:
        parts: The built objects; lr of the optimiser is the peak.

    Returns:
        The record; runs that act differently differ in its fingerprint.
    """
    return make_applied(
        parts,
        augmentation=_describe_augmentation(parts),
        module=describe_module(parts.network.classifier),
        regularisation=_describe_regularisation(parts.criterion, parts.average),
        weights=parts.weights,
    )


def make_applied(
    parts: Trainee, *, augmentation: str, module: list[str], regularisation: str, weights: WeightsReport | None
) -> Applied:
    """The record of a run of any task.

    Args:
        parts: The built objects, before the first step.
        augmentation: What happens to its images, in words.
        module: Lines that describe the network.
        regularisation: In words.
        weights: What became of the initial weights; none where they are random.
    """
    record = {
        "optimizer": _describe_optimizer(parts.optimizer),
        "schedule": _describe_schedule(lambda progress: lr_at(parts.recipe, progress)),
        "augmentation": augmentation,
        "module": _hash("\n".join(module)),
        "regularisation": regularisation,
    }
    batch_size, epochs = parts.batch_size, parts.recipe.epochs
    # a file acts by its content, whatever it is called
    initial = [] if weights is None else [weights.weights.sha256, repr((weights.reshaped, weights.new))]
    everything = "\n".join([*record.values(), str(batch_size), str(epochs), *initial])
    return Applied(
        **record,
        batch_size=batch_size,
        epochs=epochs,
        fingerprint=_hash(everything)[:12],
        weights="random" if weights is None else weights.summary,
    )


def describe_average(average: WeightAverage | None) -> str:
    """The weight average as applied."""
    return "no weight average" if average is None else f"{type(average).__name__}(decay={average.decay})"


def _describe_optimizer(optimizer: optim.Optimizer) -> str:
    groups = []
    for group in optimizer.param_groups:
        settings = [f"{name}={group[name]}" for name in sorted(group) if name not in _IMPLEMENTATION]
        groups.append(f"[{len(group['params'])} tensors: {', '.join(settings)}]")
    return f"{type(optimizer).__name__} {' '.join(groups)}"


def _describe_schedule(lr_of: Callable[[float], float]) -> str:
    shown = ", ".join(f"{progress:g}: {lr_of(progress):.6g}" for progress in _SHOWN_PROGRESS)
    points = (lr_of((i + 0.5) / _NUM_HASHED_POINTS) for i in range(_NUM_HASHED_POINTS))
    return f"lr at progress {shown}; all points {_hash(' '.join(map(repr, points)))[:12]}"


def _describe_augmentation(parts: Parts) -> str:
    _, channels, height, width = parts.images.shape
    steps = [f"{channels} x {height} x {width}", *(repr(transform) for transform in parts.augmentation)]
    if parts.mixing is not None:
        steps.append(repr(parts.mixing))
    return " -> ".join(steps)


def _describe_regularisation(criterion: nn.CrossEntropyLoss, average: WeightAverage | None) -> str:
    return f"{type(criterion).__name__}(label_smoothing={criterion.label_smoothing}); {describe_average(average)}"


def describe_module(network: nn.Module) -> list[str]:
    """A line per module and per tensor of a network with fresh weights."""
    lines = []
    for name, module in network.named_modules():
        # some of torchvision's modules show their settings in their repr alone
        is_leaf = not any(True for _ in module.children())
        settings = repr(module) if is_leaf else f"{type(module).__name__}({module.extra_repr()})"
        lines.append(f"{name}: {settings}")
    lines.extend(f"{name}: {_describe_tensor(tensor)}" for name, tensor in network.state_dict().items())
    return lines


def _describe_tensor(tensor: Tensor) -> str:
    """Shape, and the value where all entries start equal: a norm scale that starts at 0 acts unlike one at 1."""
    first = tensor.flatten()[0]
    is_constant = tensor.numel() > 1 and bool((tensor == first).all())
    return f"{tuple(tensor.shape)} {f'all {first.item():g}' if is_constant else ''}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

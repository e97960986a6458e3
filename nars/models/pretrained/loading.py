"""Weights into a network: array by array where both are of one architecture, else as much as fits.

What differs in shape is sliced: the first channels of one are the first channels of the other, and of two kernels the
smaller lies in the middle of the larger, zeros around it.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from nars.errors import ModelError
from nars.models.pretrained.detector_naming import INPUT, OUTPUTS, is_detector, recognise_detector
from nars.models.pretrained.naming import Named, recognise
from nars.models.pretrained.report import WeightsReport
from nars.models.pretrained.weights import Weights

_BLOCK = re.compile(r"stages\.(\d+)\.(\d+)\.")
_CLASSIFIER = "head.classifier."
_OUTPUTS = (_CLASSIFIER, *OUTPUTS)
_COUNTER = re.compile(r".+\.num_batches_tracked")
_STATISTICS = re.compile(r".+\.(running_mean|running_var|num_batches_tracked)")


@dataclass(kw_only=True, slots=True)
class _Plan:
    """Which array of the checkpoint goes where."""

    taken: dict[str, Tensor] = field(default_factory=dict)
    """By our name, of whatever shape."""
    misfits: list[str] = field(default_factory=list)
    """What hinders plain loading, a line each."""


def load_weights(network: nn.Module, weights: Weights, *, inherit: bool) -> WeightsReport:
    """Puts weights into a network: a classifier, a trunk or a detector; draws nothing.

    A layer for another number of classes stays new: classes have no order. A trunk takes of a detector the trunk.

    Args:
        network: On any device; its arrays are overwritten in place.
        weights: What to take.
        inherit: Whether to take what fits; else every array must find its equal.

    Returns:
        What became of each array.

    Raises:
        ModelError: If the checkpoint is of another network (how many arrays fit, and the first that does not), or
            nobody's whom we know; the network is then unchanged.
    """
    own = {name: array for name, array in network.state_dict().items() if not name.startswith(INPUT)}
    named = recognise_detector(weights, list(own)) if is_detector(own) else recognise(weights, _depths(own))
    plan = _plan(own, named, weights)
    if plan.misfits and not inherit:
        equal = sum(given.shape == own[name].shape for name, given in plan.taken.items())
        raise ModelError(
            f"{weights.path}: a checkpoint of another network: {equal} of {len(own)} arrays fit, first misfit "
            f"{plan.misfits[0]}; inherit: true takes what fits"
        )
    with torch.no_grad():
        for name, given in plan.taken.items():
            _copy_overlap(given, own[name])
    same = {name for name, given in plan.taken.items() if given.shape == own[name].shape}
    used = {named.names[name] for name in plan.taken}
    return WeightsReport(
        weights=weights,
        family=named.family,
        loaded=tuple(name for name in own if name in same),
        reshaped=tuple(
            (name, _shape(plan.taken[name]), _shape(own[name]))
            for name in own
            if name in plan.taken and name not in same
        ),
        new=tuple(name for name in own if name not in plan.taken),
        skipped=tuple(name for name in weights.arrays if name not in used),
    )


def _depths(own: Iterable[str]) -> list[int]:
    """Blocks of each stage."""
    places = {(int(found[1]), int(found[2])) for name in own if (found := _BLOCK.match(name))}
    counts = Counter(stage for stage, _ in places)
    return [counts[stage] for stage in sorted(counts)]


def _plan(own: dict[str, Tensor], named: Named, weights: Weights) -> _Plan:
    plan = _Plan()
    arrays = {name: _as_linear(weights.arrays[theirs], own.get(name)) for name, theirs in named.names.items()}
    for name, wanted in own.items():
        given = arrays.get(name)
        if name.startswith(_OUTPUTS) and given is not None and len(given) != len(wanted):
            continue
        if given is not None and given.ndim == wanted.ndim:
            plan.taken[name] = given
        if given is None and _COUNTER.fullmatch(name):
            continue
        if given is None or given.shape != wanted.shape:
            plan.misfits.append(f"{name}: {_shape(wanted)} needed, {'none' if given is None else _shape(given)} given")
    has_head = any(name.startswith("head.") for name in own)
    for name, theirs in named.names.items():
        is_let_go = bool(_STATISTICS.fullmatch(name)) or (name.startswith("head.") and not has_head)
        if name not in own and not is_let_go:
            plan.misfits.append(f"{theirs}: {_shape(arrays[name])} given, which the network has not")
    return plan


def _as_linear(given: Tensor, wanted: Tensor | None) -> Tensor:
    """A 1x1 convolution as the linear layer that it is, where one is wanted."""
    is_linear = wanted is not None and wanted.ndim == 2 and given.ndim == 4 and given.shape[2:] == (1, 1)
    return given.flatten(1) if is_linear else given


def _copy_overlap(given: Tensor, own: Tensor) -> None:
    """Copies what two arrays share into ``own``."""
    shared = [min(a, b) for a, b in zip(given.shape, own.shape, strict=True)]
    own[tuple(slice(size) for size in shared[:2])] = 0  # what a smaller kernel leaves of a larger one
    own[_window(own, shared)] = given[_window(given, shared)].to(own)


def _window(array: Tensor, shared: list[int]) -> tuple[slice, ...]:
    """Where the shared part lies: channels from the first on, kernels in the middle."""
    starts = [
        (size - part) // 2 if axis >= 2 else 0
        for axis, (size, part) in enumerate(zip(array.shape, shared, strict=True))
    ]
    return tuple(slice(start, start + part) for start, part in zip(starts, shared, strict=True))


def _shape(array: Tensor) -> str:
    """As ``96x16x1x1``."""
    return "x".join(map(str, array.shape)) or "one number"

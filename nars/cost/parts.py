"""Costs of the parts of one network: the stem, each stage, the head."""

from dataclasses import dataclass

import torch

from nars.cost.counter import count
from nars.models.classifier import build_classifier
from nars.models.feature_sizes import feature_sizes
from nars.space.architecture import Architecture
from nars.trials.cost import Cost


@dataclass(frozen=True, kw_only=True, slots=True)
class PartCost:
    """One part of a network."""

    name: str
    """``stem``, ``stages[i]`` or ``head``."""
    out_size: int
    """Height and width of its output in pixels; 1 for the head."""
    out_width: int
    """Channels of its output; the number of classes for the head."""
    cost: Cost
    """MACs, params and activations add up to the network's; memory is what this part would need by itself."""


def part_costs(architecture: Architecture) -> tuple[PartCost, ...]:
    """Costs of the parts in order, each counted on the built part.

    Raises:
        ModelError: If the strides or paddings do not fit the resolution.
    """
    sizes = feature_sizes(architecture)
    with torch.device("meta"):
        network = build_classifier(architecture)
    names = ("stem", *(f"stages[{index}]" for index in range(len(architecture.stages))), "head")
    widths = (architecture.in_channels, architecture.stem.width, *(stage.width for stage in architecture.stages))
    in_sizes, out_sizes = (architecture.resolution, *sizes), (*sizes, 1)
    out_widths = (*widths[1:], architecture.num_classes)
    modules = (network.stem, *network.stages, network.head)
    return tuple(
        PartCost(
            name=name,
            out_size=out_size,
            out_width=out_width,
            cost=count(module, in_channels=in_width, resolution=in_size),
        )
        for name, module, in_width, in_size, out_size, out_width in zip(
            names, modules, widths, in_sizes, out_sizes, out_widths, strict=True
        )
    )

"""Costs of the parts of one network: the stem, each stage, and the head of a classifier."""

from dataclasses import dataclass

import torch

from nars.cost.counter import count
from nars.models.classifier import Classifier, build_network
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
    with torch.device("meta"):
        network = build_network(architecture)
    names = ["stem", *(f"stages[{index}]" for index in range(len(architecture.stages)))]
    modules = [network.stem, *network.stages]
    sizes = [architecture.resolution, *feature_sizes(architecture)]
    widths = [architecture.in_channels, architecture.stem.width, *(stage.width for stage in architecture.stages)]
    if isinstance(network, Classifier):
        names.append("head")
        modules.append(network.head)
        sizes.append(1)
        widths.append(architecture.num_classes)
    return tuple(
        PartCost(
            name=name,
            out_size=sizes[index + 1],
            out_width=widths[index + 1],
            cost=count(module, in_channels=widths[index], resolution=sizes[index]),
        )
        for index, (name, module) in enumerate(zip(names, modules, strict=True))
    )

"""FLOPs and params as mobile-vision publishes them, which are not our costs (reference/fbnetv3.md section 2.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from nars.cost.counter import count
from nars.models.classifier import build_network
from nars.space.architecture import Architecture


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedCost:
    """What a published table says of one network, batch 1."""

    flops: int
    """Multiply-adds of convolution and linear layers, and one operation for each input element of an average pool."""
    params: int
    """Weights of convolution and linear layers; neither biases nor norms."""


def published_cost(architecture: Architecture) -> PublishedCost:
    """FLOPs and params of a network by the published counting rule, counted on the built network.

    Raises:
        ModelError: If the strides or paddings do not fit the resolution.
    """
    with torch.device("meta"):
        network = build_network(architecture).eval()
        image = torch.empty(1, architecture.in_channels, architecture.resolution, architecture.resolution)
    macs = count(network, in_channels=architecture.in_channels, resolution=architecture.resolution).macs
    pooled: list[int] = []

    def pool(_module: nn.Module, inputs: Sequence[Any], _output: Tensor) -> None:
        pooled.append(inputs[0].numel())

    weights = 0
    for module in network.modules():
        if isinstance(module, nn.AdaptiveAvgPool2d):
            module.register_forward_hook(pool)
        elif isinstance(module, nn.Conv2d | nn.Linear):
            weights += module.weight.numel()
    with torch.no_grad():
        network(image)
    # mobile-vision's classifier pools the features once more, though one pixel is left of them.
    pooled_again = 0 if architecture.head is None else architecture.head.width
    return PublishedCost(flops=macs + sum(pooled) + pooled_again, params=weights)

"""The exponential moving average of weights, and of norm statistics with them."""

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

_Tensors = tuple[Tensor, ...] | list[Tensor]


def warmed_decay(decay: float, num_averaged: int) -> float:
    """Decay of one update: rises with the updates done, so that a short run forgets its initial weights."""
    return min(decay, (1 + num_averaged) / (10 + num_averaged))


class WeightAverage(AveragedModel):
    """A network's moving average: ``average = d average + (1 - d) weights``, with `warmed_decay` for d."""

    def __init__(self, network: nn.Module, *, decay: float) -> None:
        super().__init__(network, multi_avg_fn=self._update, use_buffers=True)
        self.decay = decay

    @torch.no_grad()
    def _update(self, averages: _Tensors, currents: _Tensors, num_averaged: Tensor | int) -> None:
        if averages[0].is_floating_point():
            weight = 1 - warmed_decay(self.decay, int(num_averaged))
            torch._foreach_lerp_(list(averages), list(currents), weight)
        else:
            for average, current in zip(averages, currents, strict=True):
                average.copy_(current)  # counters of batches have no mean


def build_average(network: nn.Module, *, decay: float) -> WeightAverage | None:
    """The average of a recipe's ``ema``; none where that is 0."""
    return WeightAverage(network, decay=decay) if decay else None

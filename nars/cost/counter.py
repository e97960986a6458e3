"""Costs counted on a built network: what its modules and operators really did, apart from every formula.

The network is copied to torch's meta device, where a forward pass has shapes but neither numbers nor memory.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.ops import StochasticDepth
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool

from nars.cost.liveness import OperatorRecorder
from nars.errors import CostError
from nars.trials.cost import Cost

_BYTES = 4
"""Of a float32 number."""

_FREE = (
    nn.modules.batchnorm._BatchNorm,  # noqa: SLF001  # the base of every batch norm, synchronised ones included
    nn.GroupNorm,
    nn.Hardswish,
    nn.ReLU,
    nn.ReLU6,
    nn.SiLU,
    nn.Hardsigmoid,
    nn.Sigmoid,
    nn.AdaptiveAvgPool2d,
    nn.Dropout,
    nn.Flatten,
    nn.Identity,
    nn.Upsample,
    LastLevelMaxPool,
    StochasticDepth,
)
"""Leaf modules without multiply-adds in the sense of `Cost.macs`."""


def count(model: nn.Module, *, in_channels: int, resolution: int) -> Cost:
    """Cost of one image through a network in eval mode; the network itself is neither run nor changed.

    Args:
        model: Any network of convolutions, linear layers, norms, activations and pools.
        in_channels: Channels of the image.
        resolution: Its height and width in pixels.

    Raises:
        CostError: If a leaf module is of a kind that is not counted, or multiply-adds ran outside leaf modules.
    """
    counting = Counting(model)
    image = torch.empty(1, in_channels, resolution, resolution, device="meta")
    return counting.of(lambda: counting.network(image))


class Counting:
    """A network's copy on torch's meta device, in eval mode, whose next run is counted.

    Attributes:
        network: The copy.
        recorder: Of its operators.
    """

    def __init__(self, model: nn.Module) -> None:
        """A copy of a network.

        Raises:
            CostError: If a leaf module is of a kind that is not counted.
        """
        self.network = copy.deepcopy(model).to(device="meta", dtype=torch.float32).eval()
        self._counter = _LeafCounter()
        for name, module in self.network.named_modules():
            if not any(True for _ in module.children()):
                module.register_forward_hook(self._counter.hook(name, module))
        self.recorder = OperatorRecorder((*self.network.parameters(), *self.network.buffers()))

    def of(self, run: Callable[[], object]) -> Cost:
        """Cost of a run, whose new tensors are on the meta device.

        Raises:
            CostError: If multiply-adds ran outside leaf modules.
        """
        counter, recorder = self._counter, self.recorder
        with torch.no_grad(), torch.device("meta"), recorder:
            run()
        if recorder.num_products != counter.num_products:
            raise CostError(
                f"multiply-adds must run in convolution or linear modules: {recorder.num_products} such operators "
                f"ran, {counter.num_products} of them in modules"
            )
        params = sum(parameter.numel() for parameter in self.network.parameters())
        return Cost(
            macs=counter.macs,
            params=params,
            activations=counter.activations,
            memory_bytes=_BYTES * (params + recorder.largest_live_set()),
        )


class _LeafCounter:
    """Sums over the calls of leaf modules."""

    def __init__(self) -> None:
        self.macs = 0
        self.activations = 0
        self.num_products = 0

    def hook(self, name: str, module: nn.Module) -> Callable[[nn.Module, Sequence[Any], Tensor], None]:
        if isinstance(module, nn.Conv2d | nn.Linear):
            return self._product
        if isinstance(module, _FREE):
            return _nothing
        raise CostError(f"module {name or 'at the root'} of type {type(module).__name__} is not counted")

    def _product(self, module: nn.Module, _inputs: Sequence[Any], output: Tensor) -> None:
        assert isinstance(module.weight, Tensor)
        # Each output element is a product with one filter: the weights of one output channel.
        self.macs += module.weight[0].numel() * output.numel()
        self.activations += output.numel()
        self.num_products += 1


def _nothing(_module: nn.Module, _inputs: Sequence[Any], _output: Tensor) -> None:
    pass

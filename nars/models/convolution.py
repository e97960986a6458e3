"""A convolution with what follows it."""

from collections import OrderedDict

from torch import nn

from nars.models.activations import build_activation
from nars.models.norms import build_norm
from nars.space.architecture import Activation
from nars.space.norm import Norm


def build_convolution(
    in_width: int,
    width: int,
    *,
    kernel: int = 1,
    stride: int = 1,
    padding: int = 0,
    groups: int = 1,
    bias: bool = False,
    norm: Norm | None,
    activation: Activation | None,
) -> nn.Sequential:
    """A convolution named ``conv``, then its ``norm`` and its ``act``; none leaves that part out."""
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    parts["conv"] = nn.Conv2d(in_width, width, kernel, stride=stride, padding=padding, groups=groups, bias=bias)
    if norm is not None:
        parts["norm"] = build_norm(norm, width)
    if activation is not None:
        parts["act"] = build_activation(activation)
    return nn.Sequential(parts)

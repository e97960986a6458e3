"""Activations and gates by the names that an architecture uses."""

from typing import Literal

from torch import nn

from nars.space.architecture import Activation

Gate = Literal["hard_sigmoid", "sigmoid"]

_ACTIVATIONS: dict[Activation, type[nn.Module]] = {
    "hswish": nn.Hardswish,
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "swish": nn.SiLU,
}
_GATES: dict[Gate, type[nn.Module]] = {"hard_sigmoid": nn.Hardsigmoid, "sigmoid": nn.Sigmoid}


def build_activation(activation: Activation) -> nn.Module:
    """A new activation module."""
    return _ACTIVATIONS[activation]()


def build_gate(gate: Gate) -> nn.Module:
    """A new module that maps numbers to [0, 1]."""
    return _GATES[gate]()

"""The text of a generated ``model.py``; what stands in single braces is filled in by `python_text`."""

PYTHON_TEXT = '''\
"""A network found by NARS, in plain torch. `load()` gives it with the weights that lie beside this file.

It reads N x {channels} x {resolution} x {resolution} float images in [0, 1], which it normalises itself.
It gives N x {num_classes} logits.
Stochastic depth, which acts in training alone, is left out.
"""

from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file
from torch import nn

CLASSES = (
{classes}
)


class Inverted(NamedTuple):
    """An inverted residual: 1x1 expansion (none where hidden is in_width), spatial convolution, 1x1 projection."""

    in_width: int
    hidden: int
    width: int
    kernel: int
    stride: int
    padding: int
    groups: int
    squeeze_excite: int  # hidden channels, 0 for none
    skip: bool
    act: type


class Fused(NamedTuple):
    """A fused residual: spatial convolution, 1x1 projection (where it projects)."""

    in_width: int
    hidden: int
    width: int
    kernel: int
    stride: int
    padding: int
    projects: bool
    squeeze_excite: int
    skip: bool
    act: type


STAGES = (
{stages}
)


def named(**parts):
    """Modules in a row."""
    return nn.Sequential(OrderedDict((name, part) for name, part in parts.items() if part is not None))


def convolution(in_width, width, *, kernel=1, stride=1, padding=0, groups=1, bias=False, norm=True, act=None):
    """A convolution, its norm, its activation."""
    return named(
        conv=nn.Conv2d(in_width, width, kernel, stride=stride, padding=padding, groups=groups, bias=bias),
        norm={norm} if norm else None,
        act=act() if act else None,
    )


class SqueezeExcite(nn.Module):
    """Channels gated by the mean of the whole feature map."""

    def __init__(self, width, hidden, act):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.reduce = nn.Conv2d(width, hidden, 1)
        self.act = act()
        self.expand = nn.Conv2d(hidden, width, 1)
        self.gate = nn.{gate}()

    def forward(self, x):
        return x * self.gate(self.expand(self.act(self.reduce(self.pool(x)))))


def inverted_branch(row):
    normed = {depthwise_norm}
    expands = row.hidden != row.in_width
    return named(
        expand=convolution(row.in_width, row.hidden, act=row.act) if expands else None,
        depthwise=convolution(
            row.hidden, row.hidden, kernel=row.kernel, stride=row.stride, padding=row.padding, groups=row.groups,
            norm=normed, act=row.act if normed else None,
        ),
        squeeze_excite=SqueezeExcite(row.hidden, row.squeeze_excite, row.act) if row.squeeze_excite else None,
        project=convolution(row.hidden, row.width),
    )


def fused_branch(row):
    return named(
        conv=convolution(
            row.in_width, row.hidden, kernel=row.kernel, stride=row.stride, padding=row.padding, act=row.act
        ),
        squeeze_excite=SqueezeExcite(row.hidden, row.squeeze_excite, row.act) if row.squeeze_excite else None,
        project=convolution(row.hidden, row.width) if row.projects else None,
    )


class Block(nn.Module):
    """A branch, with its input added where their shapes agree."""

    def __init__(self, row):
        super().__init__()
        self.branch = fused_branch(row) if isinstance(row, Fused) else inverted_branch(row)
        self.skip = row.skip

    def forward(self, x):
        return x + self.branch(x) if self.skip else self.branch(x)


class Normalize(nn.Module):
    """The training images' mean and standard deviation per channel, which are among the weights."""

    def __init__(self, channels):
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels, 1, 1))
        self.register_buffer("std", torch.ones(channels, 1, 1))

    def forward(self, images):
        return (images - self.mean) / self.std


def build():
    """The network with new weights."""
    stem = convolution(
        {stem}
    )
    stages = nn.Sequential(*(nn.Sequential(*map(Block, rows)) for rows in STAGES))
    head = named(
{head}
    )
    return named(normalize=Normalize({channels}), classifier=named(stem=stem, stages=stages, head=head))


def load(path=Path(__file__).with_name("weights.safetensors")):
    """The network with trained weights, in eval mode."""
    network = build()
    network.load_state_dict(load_file(path))
    return network.eval()
'''

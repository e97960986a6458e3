"""The text of a classifier's ``model.py``; what stands in single braces is filled in by `python_text`."""

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


{rows}


STAGES = (
{stages}
)


{parts}


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

"""Networks with random numbers in them, and their files."""

from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from nars.models.classifier import build_classifier
from nars.models.pretrained import Weights, read_weights
from nars.models.zoo import load_network
from nars.space.architecture import Architecture, Block, Head, Stage, Stem

SMALL = Architecture(
    resolution=16,
    in_channels=3,
    num_classes=5,
    stem=Stem(width=8),
    stages=(
        Stage(width=8, depth=1, first=Block(kernel=3, expansion=1)),
        Stage(
            width=16, depth=2, stride=2, squeeze_excite=True,
            first=Block(kernel=5, expansion=4), rest=Block(kernel=3, expansion=2),
        ),
    ),
    head=Head(width=24, expansion=2),
)  # fmt: skip
"""Every kind of part once."""

_TRUNK = load_network("d2go_fbnetv3_a_dsmask")
DSMASK = replace(_TRUNK, resolution=64, stages=_TRUNK.stages[:5])
"""The trunk of d2go's FBNetV3_A_dsmask in its C4 form (reference/fbnetv3.md section 3.2)."""


def randomised(network: nn.Module, seed: int = 0) -> nn.Module:
    """The network in eval mode with other numbers in every array."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, array in network.state_dict().items():
            if not array.is_floating_point():
                array.fill_(7 + seed)
            elif name.endswith(("running_var", "norm.weight", "bn.weight")):
                array.copy_(0.5 + torch.rand(array.shape, generator=rng))
            else:
                fan_in = array[0].numel() if array.ndim > 1 else 25
                array.copy_(torch.randn(array.shape, generator=rng) * fan_in**-0.5)
    return network.eval()


def network(seed: int = 0, **changes: object) -> nn.Module:
    """A random network of the small architecture, changed."""
    return randomised(build_classifier(replace(SMALL, **changes)), seed)


def headless(classifier: nn.Module) -> nn.Sequential:
    """Stem and stages alone."""
    return nn.Sequential(OrderedDict(stem=classifier.stem, stages=classifier.stages))


def saved(tree: object, path: Path) -> Weights:
    """What is read of a file that holds this."""
    torch.save(tree, path)
    return read_weights(str(path))


def equal(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    """Whether two states hold the same numbers under the same names."""
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)

"""Networks with random numbers in them, and their files."""

from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from nars.models.classifier import build_classifier
from nars.models.pretrained import Weights, read_weights
from nars.space.architecture import Architecture, Block, BlockStyle, Head, Stage, Stem

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

DSMASK = Architecture(
    resolution=64,
    in_channels=3,
    num_classes=2,
    stem=Stem(width=16, bias=True, activation="relu"),
    stages=tuple(
        Stage(
            width=width, depth=depth, stride=stride, activation="relu",
            first=Block(kernel=kernels[0], expansion=expansions[0]),
            rest=Block(kernel=kernels[1], expansion=expansions[1]) if depth > 1 else None,
        )
        for width, depth, stride, kernels, expansions in (
            (16, 1, 1, (3, 3), (1, 1)),
            (32, 2, 2, (5, 5), (4, 2)),
            (40, 4, 2, (5, 3), (4, 3)),
            (72, 4, 2, (5, 3), (4, 3)),
            (112, 4, 1, (5, 5), (4, 4)),
        )
    ),
    head=Head(width=8),
    style=BlockStyle(se_reference="expanded", se_gate="sigmoid", depthwise_norm=False, zero_init_residual=False),
)  # fmt: skip
"""The trunk of d2go's FBNetV3_A_dsmask in its C4 form (reference/fbnetv3.md section 3.1); its head is not d2go's."""


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

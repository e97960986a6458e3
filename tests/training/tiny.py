"""The smallest real things to train: a network of one residual block, and a few embedded digits."""

from dataclasses import replace
from functools import cache

import torch

from nars.data.dataset import Split
from nars.data.digits import digits_listings, load_digits_split
from nars.space.architecture import Architecture, Block, Head, Stage, Stem
from nars.space.candidate import Candidate
from nars.space.data_spec import SplitName
from nars.space.recipe import Recipe
from nars.training.device import seeded
from nars.training.parts import Parts, build_parts

CPU = torch.device("cpu")

ARCHITECTURE = Architecture(
    resolution=8,
    in_channels=1,
    num_classes=10,
    stem=Stem(width=8, stride=1),
    stages=(
        Stage(
            width=8,
            depth=2,
            stride=2,
            first=Block(kernel=3, expansion=2.0),
            rest=Block(kernel=3, expansion=2.0),
        ),
    ),
    head=Head(width=16, expansion=2.0),
)

RECIPE = Recipe(optimizer="sgd", lr=0.05, momentum=0.9, weight_decay=1e-3, batch_size=16, epochs=4, schedule="cosine")


@cache
def digits(name: SplitName, count: int = 48, size: int = 8) -> Split:
    """The first ``count`` digits of a split, in an order that mixes the classes."""
    whole = load_digits_split(digits_listings()[name], size=size)
    rows = torch.randperm(len(whole), generator=torch.Generator().manual_seed(0))[:count]
    return Split(images=whole.images[rows], labels=whole.labels[rows])


def candidate(**settings: object) -> Candidate:
    """The tiny network with changed settings of its recipe."""
    return Candidate(architecture=ARCHITECTURE, recipe=recipe(**settings))


def recipe(**settings: object) -> Recipe:
    """The tiny recipe with changed settings; AdamW loses the momentum by itself."""
    if settings.get("optimizer") == "adamw":
        settings = {"momentum": None, **settings}
    return replace(RECIPE, **settings)


def parts(seed: int = 0, count: int = 48, **settings: object) -> Parts:
    """The built objects of a tiny run."""
    with seeded(seed):
        return build_parts(candidate(**settings), digits("train", count), CPU)

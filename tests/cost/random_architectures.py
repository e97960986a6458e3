"""Random architectures that reach every branch of the builder and the formula."""

import numpy as np

from nars.errors import ModelError
from nars.models.feature_sizes import feature_sizes
from nars.space.architecture import Architecture, Block, BlockStyle, Head, Stage, Stem

ACTIVATIONS = ("hswish", "relu", "relu6", "swish")


def random_architecture(rng: np.random.Generator) -> Architecture:
    """Any architecture, perhaps one that cannot be built."""
    return Architecture(
        resolution=int(rng.integers(9, 48)),
        in_channels=int(rng.choice([1, 3])),
        num_classes=int(rng.integers(2, 12)),
        stem=Stem(
            width=int(rng.integers(1, 25)),
            kernel=int(rng.choice([1, 3, 5])),
            stride=int(rng.choice([1, 2, 4])),
            activation=str(rng.choice(ACTIVATIONS)),
            bias=bool(rng.random() < 0.5),
        ),
        stages=tuple(random_stage(rng) for _ in range(rng.integers(1, 4))),
        head=Head(width=int(rng.integers(1, 41)), expansion=float(rng.choice([1, 1.5, 6]))),
        style=BlockStyle(
            se_reference=str(rng.choice(["input", "expanded"])),
            se_gate=str(rng.choice(["hard_sigmoid", "sigmoid"])),
            depthwise_norm=bool(rng.random() < 0.5),
            divisor=int(rng.choice([1, 4, 8])),
        ),
    )


def random_stage(rng: np.random.Generator) -> Stage:
    depth = int(rng.integers(1, 4))
    block = str(rng.choice(["inverted_residual", "fused_residual"]))
    return Stage(
        # Few widths, so that neighbours are often equal and the first block has a skip too.
        width=int(rng.choice([4, 8, 11, 16])),
        depth=depth,
        first=random_block(rng, forced=rng.random() < 0.3, grouped=block == "inverted_residual" and rng.random() < 0.3),
        rest=random_block(rng, forced=False, grouped=block == "inverted_residual" and rng.random() < 0.3)
        if depth > 1
        else None,
        stride=int(rng.choice([1, 2])),
        squeeze_excite=bool(rng.random() < 0.5),
        activation=str(rng.choice(ACTIVATIONS)),
        block=block,
    )


def random_block(rng: np.random.Generator, *, forced: bool, grouped: bool) -> Block:
    return Block(
        kernel=int(rng.choice([1, 3, 5, 7])),
        expansion=float(rng.choice([0.2, 0.5, 1, 1.5, 2.4, 3, 6])),
        padding=int(rng.integers(0, 5)) if forced else None,
        groups=int(rng.choice([1, 2, 3, 4, 8])) if grouped else None,
    )


def is_buildable(architecture: Architecture) -> bool:
    try:
        feature_sizes(architecture)
    except ModelError:
        return False
    return True


def buildable_architectures(count: int, *, rng: np.random.Generator) -> list[Architecture]:
    """The first ``count`` of a random sequence that can be built."""
    found: list[Architecture] = []
    while len(found) < count:
        architecture = random_architecture(rng)
        if is_buildable(architecture):
            found.append(architecture)
    return found


def is_grouped(architecture: Architecture) -> bool:
    blocks = [block for stage in architecture.stages for block in (stage.first, stage.rest)]
    return any(block is not None and block.groups is not None for block in blocks)

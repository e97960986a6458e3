"""A network small enough to run in milliseconds."""

from nars.space.architecture import Architecture, Block, Head, Stage, Stem

TINY = Architecture(
    resolution=16,
    in_channels=3,
    num_classes=5,
    stem=Stem(width=8),
    stages=(
        Stage(width=8, depth=2, first=Block(kernel=3, expansion=1), rest=Block(kernel=3, expansion=2)),
        Stage(
            width=16,
            depth=2,
            first=Block(kernel=5, expansion=4),
            rest=Block(kernel=3, expansion=2),
            stride=2,
            squeeze_excite=True,
        ),
        Stage(width=24, depth=1, first=Block(kernel=3, expansion=2), block="fused_residual"),
    ),
    head=Head(width=32),
)

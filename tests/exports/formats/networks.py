"""Small candidates that between them use every word of an architecture."""

from dataclasses import replace

from nars.space.architecture import Architecture, Block, BlockStyle, Head, Stage, Stem
from nars.space.candidate import Candidate
from nars.space.recipe import Recipe

_RECIPE = Recipe(optimizer="sgd", lr=0.1, momentum=0.9, batch_size=64, epochs=2, dropout=0.2, stochastic_depth=0.1)

RESIDUAL = Candidate(
    architecture=Architecture(
        resolution=16,
        in_channels=3,
        num_classes=5,
        stem=Stem(width=8, bias=True),
        stages=(
            Stage(width=8, depth=2, first=Block(kernel=3, expansion=1.0), rest=Block(kernel=3, expansion=1.0)),
            Stage(
                width=16, depth=2, stride=2, squeeze_excite=True,
                first=Block(kernel=5, expansion=4.0), rest=Block(kernel=3, expansion=2.5),
            ),
            Stage(width=16, depth=1, first=Block(kernel=7, expansion=3.0), activation="swish", squeeze_excite=True),
        ),
        head=Head(width=32, expansion=2.0),
    ),
    recipe=_RECIPE,
)  # fmt: skip
"""In timm's words too."""

UNUSUAL = Candidate(
    architecture=Architecture(
        resolution=24,
        in_channels=1,
        num_classes=3,
        stem=Stem(width=8, kernel=5, stride=1, activation="relu6"),
        stages=(
            Stage(width=16, depth=1, first=Block(kernel=3, expansion=1.0), block="fused_residual", stride=2),
            Stage(
                width=24, depth=2, block="fused_residual", squeeze_excite=True, activation="swish", stride=2,
                first=Block(kernel=3, expansion=3.0, padding=0), rest=Block(kernel=3, expansion=2.0),
            ),
            Stage(width=24, depth=1, first=Block(kernel=3, expansion=2.0, groups=4), squeeze_excite=True),
        ),
        head=Head(width=16, expansion=1.0, activation="relu"),
        style=BlockStyle(se_gate="sigmoid", se_reference="expanded", depthwise_norm=False, divisor=4),
    ),
    recipe=replace(_RECIPE, norm="GN"),
)  # fmt: skip
"""Fused residuals, groups, forced padding, other activations and gates, no norm behind spatial convolutions, GN."""

SYNCHRONISED = replace(RESIDUAL, recipe=replace(_RECIPE, norm="naiveSyncBN"))

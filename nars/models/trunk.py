"""The trunk of a network, its stem and stages, which a classifier or a detector stands on."""

from collections.abc import Sequence

from torch import Tensor, nn

from nars.models.blocks import build_block
from nars.models.convolution import build_convolution
from nars.models.feature_sizes import feature_sizes, has_skip
from nars.space.architecture import Architecture, BlockStyle, HeadStage, Stage
from nars.space.norm import Norm


class Trunk(nn.Module):
    """Stem and stages.

    Attributes:
        stem: The first convolution.
        stages: ``stages[i][j]`` is block ``j`` of stage ``i``.
    """

    def __init__(self, *, stem: nn.Sequential, stages: nn.Sequential) -> None:
        super().__init__()
        self.stem = stem
        self.stages = stages

    def forward(self, x: Tensor) -> Tensor:
        """Features of the last stage, `N x width x H x W`, of `N x in_channels x R x R` images."""
        features: Tensor = self.stages(self.stem(x))
        return features


def build_trunk(architecture: Architecture, *, norm: Norm = "BN", stochastic_depth: float = 0.0) -> Trunk:
    """A trunk with new weights, drawn from torch's default generator (which a training run seeds).

    Args:
        architecture: The network; a head that it may have is left out.
        norm: Normalisation after convolutions.
        stochastic_depth: Drop probability of the last residual branch; see `drop_probabilities`.

    Raises:
        ModelError: If the strides or paddings do not fit the resolution.
    """
    feature_sizes(architecture)
    trunk = Trunk(
        stem=build_stem(architecture, norm=norm),
        stages=build_stages(architecture, norm=norm, stochastic_depth=stochastic_depth),
    )
    initialise(trunk)
    return trunk


def trunk_ends(architecture: Architecture) -> tuple[int, ...]:
    """Indices of the stages whose features a detector may read: the last stage at each stride.

    d2go calls the features of its trunks ``trunk0`` to ``trunk4``: at strides 2, 4, 8, 16 and 32. A stem that no
    stage of its own stride follows has no index here.
    """
    later = architecture.stages[1:]
    return (*(index for index, stage in enumerate(later) if stage.stride > 1), len(later))


def drop_probabilities(architecture: Architecture, stochastic_depth: float) -> tuple[float, ...]:
    """Drop probability of each block in order, 0 where there is no residual branch to drop.

    Rises linearly with the number of the block and reaches ``stochastic_depth`` at the last residual branch
    (Huang et al. 2016, equation 4).
    """
    skips: list[bool] = []
    in_width = architecture.stem.width
    for stage in architecture.stages:
        skips.append(has_skip(in_width=in_width, width=stage.width, stride=stage.stride))
        skips.extend([True] * (stage.depth - 1))
        in_width = stage.width
    last = max((number for number, skip in enumerate(skips, start=1) if skip), default=1)
    return tuple(stochastic_depth * number / last * skip for number, skip in enumerate(skips, start=1))


def build_stem(architecture: Architecture, *, norm: Norm) -> nn.Sequential:
    """The first convolution, with torch's own first weights."""
    stem = architecture.stem
    return build_convolution(
        architecture.in_channels,
        stem.width,
        kernel=stem.kernel,
        stride=stem.stride,
        padding=stem.kernel // 2,
        bias=stem.bias,
        norm=norm,
        activation=stem.activation,
    )


def build_stages(architecture: Architecture, *, norm: Norm, stochastic_depth: float) -> nn.Sequential:
    """All stages, with torch's own first weights."""
    probabilities = drop_probabilities(architecture, stochastic_depth)
    return build_blocks(
        architecture.stages, architecture.style, in_width=architecture.stem.width, norm=norm, drop=probabilities
    )


def build_blocks(
    stages: Sequence[Stage], style: BlockStyle, *, in_width: int, norm: Norm, drop: Sequence[float] = ()
) -> nn.Sequential:
    """Stages as ``built[i][j]``, block ``j`` of stage ``i``, with torch's own first weights.

    Args:
        stages: Of a trunk, or of a detector's head.
        style: What all blocks share.
        in_width: Channels of what comes in.
        norm: Normalisation after convolutions.
        drop: Drop probability of each block in order; none is 0 for all.
    """
    built = nn.Sequential()
    probabilities = iter(drop)
    for stage in stages:
        blocks = nn.Sequential()
        for index in range(stage.depth):
            blocks.append(
                build_block(
                    stage.first if index == 0 or stage.rest is None else stage.rest,
                    stage,
                    style,
                    in_width=in_width,
                    stride=stage.stride if index == 0 else 1,
                    norm=norm,
                    drop_probability=next(probabilities, 0.0),
                    upsample=stage.upsample if index == 0 and isinstance(stage, HeadStage) else 1,
                )
            )
            in_width = stage.width
        built.append(blocks)
    return built


def initialise(network: nn.Module) -> None:
    """Draws new weights: Kaiming normal by fan-out for convolutions, a narrow normal for linear layers, zero biases."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.01)
        else:
            continue
        if module.bias is not None:
            nn.init.zeros_(module.bias)

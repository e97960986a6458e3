"""An image classifier, built from an architecture."""

from collections import OrderedDict

from torch import Tensor, nn

from nars.models.blocks import build_block, has_skip
from nars.models.convolution import build_convolution
from nars.models.feature_sizes import feature_sizes
from nars.models.widths import round_width
from nars.space.architecture import Architecture
from nars.space.recipe import Norm


class Classifier(nn.Module):
    """Stem, stages, head.

    Attributes:
        stem: The first convolution.
        stages: ``stages[i][j]`` is block ``j`` of stage ``i``.
        head: ``expand``, ``pool``, ``features``, ``flatten``, ``dropout``, ``classifier``; ``expand`` is
            absent where it would not change the width.
    """

    def __init__(self, *, stem: nn.Sequential, stages: nn.Sequential, head: nn.Sequential) -> None:
        super().__init__()
        self.stem = stem
        self.stages = stages
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        """Class scores before the softmax, `N x num_classes`, of `N x in_channels x R x R` images."""
        scores: Tensor = self.head(self.stages(self.stem(x)))
        return scores


def build_classifier(
    architecture: Architecture, *, norm: Norm = "BN", dropout: float = 0.0, stochastic_depth: float = 0.0
) -> Classifier:
    """A classifier with new weights, drawn from torch's default generator (which a training run seeds).

    Args:
        architecture: The network.
        norm: Normalisation after convolutions.
        dropout: Share of features dropped before the linear layer while training.
        stochastic_depth: Drop probability of the last residual branch; see `drop_probabilities`.

    Raises:
        ModelError: If the strides or paddings do not fit the resolution.
    """
    feature_sizes(architecture)
    stem = architecture.stem
    classifier = Classifier(
        stem=build_convolution(
            architecture.in_channels,
            stem.width,
            kernel=stem.kernel,
            stride=stem.stride,
            padding=stem.kernel // 2,
            bias=stem.bias,
            norm=norm,
            activation=stem.activation,
        ),
        stages=_build_stages(architecture, norm=norm, stochastic_depth=stochastic_depth),
        head=_build_head(architecture, norm=norm, dropout=dropout),
    )
    _initialise(classifier)
    return classifier


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


def _build_stages(architecture: Architecture, *, norm: Norm, stochastic_depth: float) -> nn.Sequential:
    stages = nn.Sequential()
    probabilities = iter(drop_probabilities(architecture, stochastic_depth))
    in_width = architecture.stem.width
    for stage in architecture.stages:
        blocks = nn.Sequential()
        for index in range(stage.depth):
            blocks.append(
                build_block(
                    stage.first if index == 0 or stage.rest is None else stage.rest,
                    stage,
                    architecture.style,
                    in_width=in_width,
                    stride=stage.stride if index == 0 else 1,
                    norm=norm,
                    drop_probability=next(probabilities),
                )
            )
            in_width = stage.width
        stages.append(blocks)
    return stages


def _build_head(architecture: Architecture, *, norm: Norm, dropout: float) -> nn.Sequential:
    head = architecture.head
    in_width = architecture.stages[-1].width
    hidden = round_width(in_width * head.expansion, architecture.style.divisor)
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    if hidden != in_width:
        parts["expand"] = build_convolution(in_width, hidden, norm=norm, activation=head.activation)
    parts["pool"] = nn.AdaptiveAvgPool2d(1)
    parts["features"] = build_convolution(hidden, head.width, norm=None, activation=head.activation)
    parts["flatten"] = nn.Flatten()
    parts["dropout"] = nn.Dropout(dropout)
    parts["classifier"] = nn.Linear(head.width, architecture.num_classes)
    return nn.Sequential(parts)


def _initialise(model: nn.Module) -> None:
    """Kaiming normal by fan-out for convolutions, a narrow normal for the classifier, zero biases."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.01)
        else:
            continue
        if module.bias is not None:
            nn.init.zeros_(module.bias)

"""An image classifier, built from an architecture."""

from collections import OrderedDict

from torch import Tensor, nn

from nars.errors import ModelError
from nars.models.convolution import build_convolution
from nars.models.feature_sizes import feature_sizes
from nars.models.trunk import Trunk, build_stages, build_stem, build_trunk, initialise
from nars.models.widths import round_width
from nars.space.architecture import Architecture, Head
from nars.space.norm import Norm


class Classifier(Trunk):
    """Stem, stages, head.

    Attributes:
        head: ``expand``, ``pool``, ``features``, ``flatten``, ``dropout``, ``classifier``; ``expand`` is
            absent where it would not change the width.
    """

    def __init__(self, *, stem: nn.Sequential, stages: nn.Sequential, head: nn.Sequential) -> None:
        super().__init__(stem=stem, stages=stages)
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        """Class scores before the softmax, `N x num_classes`, of `N x in_channels x R x R` images."""
        scores: Tensor = self.head(super().forward(x))
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
        ModelError: If the strides or paddings do not fit the resolution, or the architecture has no head.
    """
    if architecture.head is None:
        raise ModelError("architecture.head: a classifier needs a head, got none, which is the trunk of a detector")
    feature_sizes(architecture)
    classifier = Classifier(
        stem=build_stem(architecture, norm=norm),
        stages=build_stages(architecture, norm=norm, stochastic_depth=stochastic_depth),
        head=_build_head(architecture, architecture.head, norm=norm, dropout=dropout),
    )
    initialise(classifier)
    return classifier


def build_network(architecture: Architecture) -> Trunk:
    """The network that an architecture describes, whole: a classifier, or without a head a trunk.

    Raises:
        ModelError: If the strides or paddings do not fit the resolution.
    """
    return build_trunk(architecture) if architecture.head is None else build_classifier(architecture)


def _build_head(architecture: Architecture, head: Head, *, norm: Norm, dropout: float) -> nn.Sequential:
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

"""The two forms of a detector's backbone: a trunk whose last features are read, or a pyramid on several of them."""

from collections import OrderedDict
from collections.abc import Sequence

from torch import Tensor, nn
from torchvision.ops import FeaturePyramidNetwork

from nars.models.trunk import Trunk


class C4Backbone(Trunk):
    """A trunk that gives its last features by name."""

    def forward(self, x: Tensor) -> dict[str, Tensor]:  # type: ignore[override]  # one level, but named
        """`N x width x H x W` features under ``0``."""
        return OrderedDict([("0", super().forward(x))])


class FpnBackbone(Trunk):
    """A trunk with a pyramid on the features of some of its stages.

    Attributes:
        fpn: torchvision's pyramid; its last level is every second pixel of the one before.
    """

    def __init__(
        self, *, stem: nn.Sequential, stages: nn.Sequential, ends: Sequence[int], fpn: FeaturePyramidNetwork
    ) -> None:
        super().__init__(stem=stem, stages=stages)
        self.ends = tuple(ends)
        self.fpn = fpn

    def forward(self, x: Tensor) -> dict[str, Tensor]:  # type: ignore[override]  # several levels, by name
        """`N x width x H x W` features of every level, finest first."""
        features: OrderedDict[str, Tensor] = OrderedDict()
        x = self.stem(x)
        for index, stage in enumerate(self.stages):
            x = stage(x)
            if index in self.ends:
                features[str(index)] = x
        levels: dict[str, Tensor] = self.fpn(features)
        return levels

"""The three heads of a detector: proposals, boxes, masks (reference/fbnetv3.md section 3.2).

Arrays are in d2go's order, so that its checkpoints fit: of the classes, the background is last.
"""

from torch import Tensor, nn


class RpnHead(nn.Module):
    """Scores and box deltas of the anchors of each feature.

    Attributes:
        stages: The feature extractor, the same at every level.
        objectness: 1x1, one score an anchor.
        deltas: 1x1, four numbers an anchor.
    """

    def __init__(self, *, stages: nn.Sequential, width: int, num_anchors: int) -> None:
        super().__init__()
        self.stages = stages
        self.objectness = nn.Conv2d(width, num_anchors, kernel_size=1)
        self.deltas = nn.Conv2d(width, 4 * num_anchors, kernel_size=1)

    def forward(self, features: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Of each `N x width x H x W` level, `N x anchors x H x W` scores and `N x 4 anchors x H x W` deltas."""
        scores, deltas = [], []
        for level in features:  # one after the other, so that no level's features outlive it
            extracted = self.stages(level)
            scores.append(self.objectness(extracted))
            deltas.append(self.deltas(extracted))
            del extracted
        return scores, deltas


class BoxHead(nn.Module):
    """Classes and boxes of regions.

    Attributes:
        stages: The trunk's last stages, or a small head.
        classes: Linear, one score a class and one for the background, which is the last.
        deltas: Linear, four numbers a class.
    """

    def __init__(self, *, stages: nn.Sequential, width: int, num_classes: int) -> None:
        super().__init__()
        self.stages = stages
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.classes = nn.Linear(width, num_classes + 1)
        self.deltas = nn.Linear(width, 4 * num_classes)

    def forward(self, regions: Tensor) -> tuple[Tensor, Tensor]:
        """Of `N x width x R x R` regions, `N x (classes + 1)` scores and `N x 4 classes` deltas."""
        features = self.features(regions)
        return self.classes(features), self.deltas(features)

    def features(self, regions: Tensor) -> Tensor:
        """`N x features` of what the scores and deltas are told from."""
        features: Tensor = self.flatten(self.pool(self.stages(regions)))
        return features


class MaskHead(nn.Module):
    """One mask a class of each region.

    Attributes:
        stages: Down-sampling stages, then up-sampling ones (d2go's DSMask), or up-sampling ones alone.
        masks: 1x1, one score a class and pixel.
    """

    def __init__(self, *, stages: nn.Sequential, width: int, num_classes: int) -> None:
        super().__init__()
        self.stages = stages
        self.masks = nn.Conv2d(width, num_classes, kernel_size=1)

    def forward(self, regions: Tensor) -> Tensor:
        """Scores before the sigmoid, `N x classes x M x M`, of `N x width x R x R` regions."""
        scores: Tensor = self.masks(self.stages(regions))
        return scores

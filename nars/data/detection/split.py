"""Images with the objects in them. Letters: N objects, C channels, H x W pixels of one image."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nars.data.detection.masks import Rle


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """The objects of one image."""

    boxes: Tensor
    """``N x 4`` float32: x1, y1, x2, y2 in pixels."""
    labels: Tensor
    """``N`` class indices of int64, from 0."""
    crowd: Tensor
    """``N`` bool: regions of many objects, which are neither trained on nor counted as missed."""
    area: Tensor
    """``N`` float32: pixels of the object, which say whether it is small, medium or large."""
    masks: tuple[Rle, ...] | None = None
    """One for each object; none where masks are not asked for."""

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectionSplit:
    """The images and objects of one split."""

    images: Sequence[Tensor]
    """``C x H x W`` tensors of uint8 in RGB, each of its own size."""
    targets: tuple[Target, ...]
    image_ids: tuple[int, ...]
    """As the instances file has them."""
    sizes: tuple[tuple[int, int], ...]
    """Height and width of each image, so that nobody decodes it to know."""

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def num_classes(self) -> int:
        """One more than the largest class index; 0 without objects."""
        return max((int(target.labels.max()) + 1 for target in self.targets if len(target)), default=0)


def no_objects(*, with_masks: bool) -> Target:
    """The target of an empty image."""
    return Target(
        boxes=torch.zeros(0, 4),
        labels=torch.zeros(0, dtype=torch.int64),
        crowd=torch.zeros(0, dtype=torch.bool),
        area=torch.zeros(0),
        masks=() if with_masks else None,
    )

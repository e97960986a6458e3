"""One training image with its objects, as tensors that augmentation can change. Letters: N objects, H x W pixels."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nars.data.detection import DetectionSplit
from nars.data.detection.masks import decode_all

_LEAST_PIXELS = 1.0
"""Height and width that a box must keep to be an object still."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """An image and its objects."""

    image: Tensor
    """``C x H x W`` uint8."""
    boxes: Tensor
    """``N x 4``: x1, y1, x2, y2 in pixels."""
    labels: Tensor
    crowd: Tensor
    masks: Tensor | None
    """``N x H x W`` uint8; none for a detector of boxes alone."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.image.shape[-2:]
        return height, width

    def chosen(self, is_kept_N: Tensor) -> "Example":
        """The same image with some of its objects."""
        if bool(is_kept_N.all()):
            return self
        return replace(
            self,
            boxes=self.boxes[is_kept_N],
            labels=self.labels[is_kept_N],
            crowd=self.crowd[is_kept_N],
            masks=None if self.masks is None else self.masks[is_kept_N],
        )

    def clipped(self) -> "Example":
        """The same image with boxes cut to it, without objects that are no longer in it."""
        height, width = self.size
        bounds = torch.tensor([width, height, width, height], dtype=self.boxes.dtype)
        boxes = self.boxes.clamp(min=0).minimum(bounds)
        is_kept_N = ((boxes[:, 2:] - boxes[:, :2]) >= _LEAST_PIXELS).all(1)
        if self.masks is not None:
            is_kept_N &= (self.masks.flatten(1) > 0).any(1)
        return replace(self, boxes=boxes).chosen(is_kept_N)


def example_of(split: DetectionSplit, row: int, *, with_masks: bool) -> Example:
    """An image of a split, not changed yet."""
    target = split.targets[row]
    height, width = split.sizes[row]
    masks = None
    if with_masks:
        assert target.masks is not None  # the split was loaded with masks
        masks = decode_all(target.masks, height=height, width=width)
    return Example(
        image=split.images[row], boxes=target.boxes, labels=target.labels, crowd=target.crowd, masks=masks
    )  # fmt: skip

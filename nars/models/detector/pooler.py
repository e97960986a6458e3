"""Regions of an image as small feature maps of one size: detectron2's ROIAlignV2 over one or more levels."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torchvision.ops import roi_align

_CANONICAL_SIZE = 224
_CANONICAL_STRIDE_LOG2 = 4
"""A region of 224 pixels belongs to the level of stride 16 (Lin et al. 2017, equation 1)."""


class RegionPooler(nn.Module):
    """Pools regions with half a pixel's shift taken out, and as many samples as a region has pixels.

    torchvision's own pooler lacks both of that, hence this one.
    """

    def __init__(self, *, strides: Sequence[int], resolution: int) -> None:
        """A pooler.

        Args:
            strides: Of the levels that are pooled from, the last of those that are given to `forward`.
            resolution: Height and width of what comes out.
        """
        super().__init__()
        self.strides = tuple(strides)
        self.resolution = resolution

    def forward(self, features: dict[str, Tensor], boxes: list[Tensor], _sizes: object = None) -> Tensor:
        """`R x C x resolution x resolution` of all regions of all images.

        Args:
            features: Levels, finest first.
            boxes: Of each image, `R x 4` corners in pixels of the image that the features are of.
        """
        levels = list(features.values())[-len(self.strides) :]
        images = torch.cat([torch.full_like(box[:, :1], number) for number, box in enumerate(boxes)])
        regions_R5 = torch.cat([images, torch.cat(boxes)], dim=1).to(levels[0].dtype)
        if len(levels) == 1:
            return self._pool(levels[0], regions_R5, self.strides[0])
        level_R = self._levels(regions_R5)
        pooled = levels[0].new_zeros(regions_R5.shape[0], levels[0].shape[1], self.resolution, self.resolution)
        for number, (level, stride) in enumerate(zip(levels, self.strides, strict=True)):
            (of_level,) = torch.where(level_R == number)
            pooled = pooled.index_put((of_level,), self._pool(level, regions_R5[of_level], stride))
        return pooled

    def _pool(self, level: Tensor, regions_R5: Tensor, stride: int) -> Tensor:
        pooled: Tensor = roi_align(
            level, regions_R5, self.resolution, spatial_scale=1 / stride, sampling_ratio=0, aligned=True
        )
        return pooled

    def _levels(self, regions_R5: Tensor) -> Tensor:
        """Number of the level of each region."""
        sides_R2 = regions_R5[:, 3:] - regions_R5[:, 1:3]
        size_R = sides_R2.prod(dim=1).clamp(min=0).sqrt()
        level_R = torch.floor(_CANONICAL_STRIDE_LOG2 + torch.log2(size_R / _CANONICAL_SIZE + 1e-8))
        finest = torch.tensor(self.strides[0]).log2().item()
        return (level_R - finest).clamp(0, len(self.strides) - 1).long()

"""Anchors as detectron2 places them: not rounded, sizes before ratios, at the nominal stride of their level."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList

from nars.errors import ModelError


class Anchors(AnchorGenerator):  # type: ignore[misc]  # torchvision ships no types
    """The anchors of every level, in torchvision's interface."""

    def __init__(self, *, sizes: Sequence[Sequence[float]], ratios: Sequence[float], strides: Sequence[int]) -> None:
        """Anchors of each level.

        Args:
            sizes: Square roots of the areas, a list for each level.
            ratios: Heights over widths, the same at every level.
            strides: Pixels between neighbouring anchors, of each level.
        """
        super().__init__(tuple(map(tuple, sizes)), (tuple(ratios),) * len(sizes))
        self.strides = tuple(strides)

    def generate_anchors(
        self,
        scales: Sequence[float],
        aspect_ratios: Sequence[float],
        dtype: torch.dtype = torch.float32,
        device: torch.device | None = None,
    ) -> Tensor:
        """Corners of the anchors around the origin, `A x 4`."""
        size_A = torch.tensor([float(size) for size in scales for _ in aspect_ratios], dtype=dtype, device=device)
        ratio_A = torch.tensor([float(ratio) for _ in scales for ratio in aspect_ratios], dtype=dtype, device=device)
        width_A = size_A / ratio_A.sqrt()
        height_A = width_A * ratio_A
        return torch.stack([-width_A, -height_A, width_A, height_A], dim=1) / 2

    def forward(self, image_list: ImageList, feature_maps: list[Tensor]) -> list[Tensor]:
        """All anchors of each image, level by level, `A x 4` corners in pixels."""
        self.set_cell_anchors(feature_maps[0].dtype, feature_maps[0].device)
        grids = [feature.shape[-2:] for feature in feature_maps]
        strides = [[torch.tensor(stride, device=feature_maps[0].device)] * 2 for stride in self.strides]
        anchors = torch.cat(self.grid_anchors(grids, strides))
        return [anchors] * len(image_list.image_sizes)


def anchors_by_level(sizes: Sequence[int], num_levels: int) -> list[tuple[int, ...]]:
    """Sizes dealt out over the levels, small to large and the same number to each.

    Raises:
        ModelError: If they cannot be dealt out evenly.
    """
    if len(sizes) % num_levels:
        raise ModelError(
            f"recipe.detector.anchor_sizes: must deal out evenly over {num_levels} levels, got {len(sizes)} sizes"
        )
    each = len(sizes) // num_levels
    return [tuple(sizes[level * each : (level + 1) * each]) for level in range(num_levels)]

"""Images of any size into a batch, and detections back into the images."""

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection.transform import GeneralizedRCNNTransform, resize_boxes

from nars.space.architecture import Architecture
from nars.space.detection_recipe import DetectionRecipe


class DetectorTransform(GeneralizedRCNNTransform):  # type: ignore[misc]  # torchvision ships no types
    """Normalises, resizes by shorter and longer side, and pads to a multiple of the coarsest stride.

    Attributes:
        normalizer: From images in [0, 1] to what the trunk reads.
    """

    def __init__(
        self, *, architecture: Architecture, recipe: DetectionRecipe, normalizer: nn.Module, size_divisible: int
    ) -> None:
        sizes = recipe.train_sizes or (architecture.resolution,)
        super().__init__(min_size=sizes, max_size=0, image_mean=[], image_std=[], size_divisible=size_divisible)
        self.normalizer = normalizer
        self.test_size = architecture.resolution
        self.train_sizes = sizes
        self.recipe = recipe

    def normalize(self, image: Tensor) -> Tensor:
        """One image in [0, 1] as the trunk reads it."""
        normal: Tensor = self.normalizer(image)
        return normal

    def resize(self, image: Tensor, target: dict[str, Tensor] | None = None) -> tuple[Tensor, dict[str, Tensor] | None]:
        """An image and its target at the size of a training image, or of a test image."""
        shorter, longest = self.test_size, self.recipe.max_test_size
        if self.training:
            shorter, longest = self.torch_choice(list(self.train_sizes)), self.recipe.max_train_size
        longest = max(longest or shorter, 1)
        if self.training and (self.recipe.scale_low, self.recipe.scale_high) != (1.0, 1.0):
            factor = torch.empty(1).uniform_(self.recipe.scale_low, self.recipe.scale_high).item()
            shorter, longest = max(1, round(shorter * factor)), max(1, round(longest * factor))
        self.min_size, self.max_size = (shorter,), longest
        height, width = image.shape[-2:]
        if min(height, width) == shorter and max(height, width) <= longest:
            return image, target  # torchvision would interpolate it onto itself
        resized: tuple[Tensor, dict[str, Tensor] | None] = super().resize(image, target)
        return resized

    def batch_images(self, images: list[Tensor], size_divisible: int = 32) -> Tensor:
        """The images of a batch in the layout that depthwise nets are fastest in, on a CPU too."""
        batch: Tensor = super().batch_images(images, size_divisible)
        return batch.contiguous(memory_format=torch.channels_last)

    def postprocess(
        self,
        result: list[dict[str, Tensor]],
        image_shapes: list[tuple[int, int]],
        original_image_sizes: list[tuple[int, int]],
    ) -> list[dict[str, Tensor]]:
        """Boxes and masks in the pixels of the images as they came; while training there are none."""
        if self.training:
            return result
        found = []
        for detections, shape, original in zip(result, image_shapes, original_image_sizes, strict=True):
            boxes = resize_boxes(detections["boxes"], shape, original)
            found.append({**detections, "boxes": boxes})
            if "masks" in detections:
                found[-1]["masks"] = paste_masks(detections["masks"][:, 0], boxes, original)
        return found


def paste_masks(masks_NMM: Tensor, boxes_N4: Tensor, size: tuple[int, int]) -> Tensor:
    """Masks of boxes as masks of an image, `N x H x W`: each pixel's centre reads its box's mask between its pixels.

    Outside a box a mask fades over half of its own pixel; beyond that there is nothing to compute.
    """
    height, width = size
    pasted_NHW = masks_NMM.new_zeros(len(masks_NMM), height, width)
    if not len(masks_NMM):
        return pasted_NHW
    low_N2, side_N2 = boxes_N4[:, :2], (boxes_N4[:, 2:] - boxes_N4[:, :2]).clamp(min=1e-6)
    fade_N2 = side_N2 / (2 * masks_NMM.shape[-1])
    bounds = torch.tensor([width, height], device=boxes_N4.device)
    first_N2 = (low_N2 - fade_N2).floor().clamp(min=0).minimum(bounds).long().tolist()
    last_N2 = (low_N2 + side_N2 + fade_N2).ceil().clamp(min=0).minimum(bounds).long().tolist()
    y_H = torch.arange(height, device=masks_NMM.device) + 0.5
    x_W = torch.arange(width, device=masks_NMM.device) + 0.5
    for number, (mask, low, side, (x1, y1), (x2, y2)) in enumerate(
        zip(masks_NMM, low_N2, side_N2, first_N2, last_N2, strict=True)
    ):
        if x2 > x1 and y2 > y1:
            x, y = (x_W[x1:x2] - low[0]) / side[0] * 2 - 1, (y_H[y1:y2] - low[1]) / side[1] * 2 - 1
            grid = torch.stack([x.expand(len(y), -1), y[:, None].expand(-1, len(x))], dim=2)
            pasted_NHW[number, y1:y2, x1:x2] = functional.grid_sample(
                mask[None, None], grid[None].to(mask), align_corners=False
            )[0, 0]
    return pasted_NHW

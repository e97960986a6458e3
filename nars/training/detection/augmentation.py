"""What a recipe does to the images of a detector, and to the boxes and masks in them. The image keeps its own size.

Each transform draws from torch's current generator.
"""

import math
from dataclasses import replace

import torch
from torch import Tensor, nn
from torchvision.transforms.v2 import InterpolationMode, functional

from nars.space.recipe import Recipe
from nars.training.detection.example import Example

_PROPOSALS = 10
"""Windows that a crop tries before it leaves an image as it is."""
_RATIO = (3 / 4, 4 / 3)
"""Width over height of a crop, beside that of its image."""


class Flip(nn.Module):
    """Mirrors half of the images."""

    def forward(self, example: Example) -> Example:
        """The image, or its mirror image."""
        if float(torch.rand(())) >= 0.5:
            return example
        x1, y1, x2, y2 = example.boxes.unbind(1)
        width = example.size[1]
        return replace(
            example,
            image=example.image.flip(-1),
            boxes=torch.stack([width - x2, y1, width - x1, y2], dim=1),
            masks=None if example.masks is None else example.masks.flip(-1),
        )


class ScaleJitter(nn.Module):
    """Enlarges each image by a random factor and shows a random part of it, or shrinks it onto a plain ground."""

    def __init__(self, *, low: float, high: float) -> None:
        super().__init__()
        self.low = low
        self.high = high

    def forward(self, example: Example) -> Example:
        """The image at another scale."""
        factor = self.low + (self.high - self.low) * float(torch.rand(()))
        height, width = example.size
        if factor >= 1:
            part = _random_window(example, max(1, round(height / factor)), max(1, round(width / factor)))
            return _resized(part, height, width)
        return _on_ground(
            _resized(example, max(1, round(height * factor)), max(1, round(width * factor))), height, width
        )

    def extra_repr(self) -> str:
        """Range of the factor."""
        return f"low={self.low}, high={self.high}"


class Crop(nn.Module):
    """Cuts a random window out of each image; the model enlarges it as it does every image."""

    def __init__(self, *, scale: tuple[float, float]) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, example: Example) -> Example:
        """A window of the image."""
        height, width = example.size
        for _ in range(_PROPOSALS):
            share = self.scale[0] + (self.scale[1] - self.scale[0]) * float(torch.rand(()))
            log_low, log_high = (math.log(bound) for bound in _RATIO)
            ratio = math.exp(log_low + (log_high - log_low) * float(torch.rand(())))
            part_height, part_width = round(height * math.sqrt(share / ratio)), round(width * math.sqrt(share * ratio))
            if 0 < part_height <= height and 0 < part_width <= width:
                return _random_window(example, part_height, part_width)
        return example

    def extra_repr(self) -> str:
        """Range of the share of the area."""
        return f"scale={self.scale}"


def build_detection_augmentation(recipe: Recipe) -> nn.Sequential:
    """Scale jitter, crop and flip of a recipe, in this order; those that are off are absent.

    Args:
        recipe: Of a detector.

    Returns:
        A module from an `Example` to another.
    """
    assert recipe.detector is not None  # a detector's recipe
    low, high = recipe.detector.scale_low, recipe.detector.scale_high
    transforms: list[nn.Module] = []
    if (low, high) != (1.0, 1.0):
        transforms.append(ScaleJitter(low=low, high=high))
    if recipe.crop < 1:
        transforms.append(Crop(scale=(recipe.crop, 1.0)))
    if recipe.flip:
        transforms.append(Flip())
    return nn.Sequential(*transforms)


def _random_window(example: Example, height: int, width: int) -> Example:
    """A part of an image at a random place, with the objects that are in it."""
    whole_height, whole_width = example.size
    y = int(torch.randint(whole_height - height + 1, ()))
    x = int(torch.randint(whole_width - width + 1, ()))
    return replace(
        example,
        image=example.image[:, y : y + height, x : x + width],
        boxes=example.boxes - torch.tensor([x, y, x, y], dtype=example.boxes.dtype),
        masks=None if example.masks is None else example.masks[:, y : y + height, x : x + width],
    ).clipped()


def _resized(example: Example, height: int, width: int) -> Example:
    """The whole image at another size."""
    old_height, old_width = example.size
    if (height, width) == (old_height, old_width):
        return example
    image: Tensor = functional.resize(example.image, [height, width], antialias=True)
    masks = example.masks
    if masks is not None:
        masks = functional.resize(masks, [height, width], interpolation=InterpolationMode.NEAREST_EXACT)
    factors = torch.tensor([width / old_width, height / old_height] * 2, dtype=example.boxes.dtype)
    return replace(example, image=image, boxes=example.boxes * factors, masks=masks).clipped()


def _on_ground(example: Example, height: int, width: int) -> Example:
    """A small image at a random place of a larger one, whose other pixels have the small one's mean colour."""
    small_height, small_width = example.size
    y = int(torch.randint(height - small_height + 1, ()))
    x = int(torch.randint(width - small_width + 1, ()))
    mean_C = example.image.float().mean((1, 2)).round().to(torch.uint8)
    image = mean_C[:, None, None].repeat(1, height, width)
    image[:, y : y + small_height, x : x + small_width] = example.image
    masks = None
    if example.masks is not None:
        masks = example.masks.new_zeros(len(example.masks), height, width)
        masks[:, y : y + small_height, x : x + small_width] = example.masks
    shift = torch.tensor([x, y, x, y], dtype=example.boxes.dtype)
    return replace(example, image=image, boxes=example.boxes + shift, masks=masks)

"""What a recipe does to the images of a detector, and to the boxes and masks in them.

Each transform draws from torch's current generator.
"""

import math
from dataclasses import replace

import torch
from torch import nn

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
    """Crop and flip of a recipe, in this order; those that are off are absent (scale jitter is the model's own).

    Args:
        recipe: Of a detector.

    Returns:
        A module from an `Example` to another.
    """
    transforms: list[nn.Module] = []
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

"""What a recipe does to training images: uint8 batches in, each image with its own draw.

torchvision's batch transforms draw once for a whole batch; the classes here draw once for each image and still
call torchvision's kernels on many images at a time. Letters: N images, C channels, H by W pixels.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import affine_grid, grid_sample
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional

from nars.space.recipe import Recipe

_NUM_PROPOSALS = 10
"""Crops that torchvision's RandomResizedCrop tries before it gives up; ours draws them all at once."""


class RandomFlip(nn.Module):
    """Mirrors half of the images."""

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """Each image mirrored with probability one half."""
        is_flipped_N = torch.rand(len(images_NCHW), device=images_NCHW.device) < 0.5
        return torch.where(is_flipped_N[:, None, None, None], images_NCHW.flip(-1), images_NCHW)


class RandomCrop(nn.Module):
    """torchvision's RandomResizedCrop with one draw per image: area and aspect, then position, then resize."""

    def __init__(self, *, scale: tuple[float, float], ratio: tuple[float, float] = (3 / 4, 4 / 3)) -> None:
        super().__init__()
        self.scale = scale
        self.ratio = ratio

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """Each image replaced by a random part of it, at the same size."""
        size_N2, centre_N2 = self._draw(len(images_NCHW), images_NCHW.shape[-2:], images_NCHW.device)
        return crop_and_resize(images_NCHW, size_N2=size_N2, centre_N2=centre_N2)

    def extra_repr(self) -> str:
        """Scale and ratio."""
        return f"scale={self.scale}, ratio={self.ratio}"

    def _draw(self, num: int, shape: torch.Size, device: torch.device) -> tuple[Tensor, Tensor]:
        """Sizes (height, width) and centres (y, x) of the crops as shares of the image, each ``N x 2``."""
        height, width = shape
        area_NP = torch.empty(num, _NUM_PROPOSALS, device=device).uniform_(*self.scale) * (height * width)
        log_low, log_high = (math.log(bound) for bound in self.ratio)
        ratio_NP = torch.empty(num, _NUM_PROPOSALS, device=device).uniform_(log_low, log_high).exp()
        size_NP2 = torch.stack([(area_NP / ratio_NP).sqrt(), (area_NP * ratio_NP).sqrt()], dim=-1).round()
        whole_2 = torch.tensor([height, width], dtype=size_NP2.dtype, device=device)
        fits_NP = ((size_NP2 >= 1) & (size_NP2 <= whole_2)).all(-1)
        # argmax gives the first proposal that fits; where none does, the whole image stays
        first_N = fits_NP.int().argmax(1)
        size_N2 = size_NP2[torch.arange(num, device=device), first_N]
        size_N2 = torch.where(fits_NP.any(1, keepdim=True), size_N2, whole_2)
        free_N2 = whole_2 - size_N2
        corner_N2 = (torch.rand(num, 2, device=device) * (free_N2 + 1)).floor().minimum(free_N2)
        return size_N2 / whole_2, (corner_N2 + size_N2 / 2) / whole_2


class RandAugment(v2.RandAugment):  # type: ignore[misc] # torchvision ships no types
    """torchvision's RandAugment with operations and signs drawn for each image, applied group by group."""

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """Each image after ``num_ops`` random operations of strength ``magnitude``."""
        for _ in range(self.num_ops):
            images_NCHW = self._one_operation_each(images_NCHW)
        return images_NCHW

    def _one_operation_each(self, images_NCHW: Tensor) -> Tensor:
        height, width = images_NCHW.shape[-2:]
        operations = list(self._AUGMENTATION_SPACE.items())
        # the draw decides how many kernels are launched, so it is made on the host
        operation_N = torch.randint(len(operations), (len(images_NCHW),))
        is_negative_N = torch.rand(len(images_NCHW)) < 0.5
        output_NCHW = images_NCHW.clone()
        for index, (name, (magnitudes_of, is_signed)) in enumerate(operations):
            magnitudes = magnitudes_of(self.num_magnitude_bins, height, width)
            magnitude = 0.0 if magnitudes is None else float(magnitudes[self.magnitude])
            chosen_N = operation_N == index
            groups = [(chosen_N & ~is_negative_N, magnitude), (chosen_N & is_negative_N, -magnitude)]
            for member_N, signed_magnitude in groups if is_signed else [(chosen_N, magnitude)]:
                members = member_N.nonzero()[:, 0].to(images_NCHW.device)
                if len(members):
                    output_NCHW[members] = self._apply_image_or_video_transform(
                        images_NCHW[members],
                        name,
                        signed_magnitude,
                        interpolation=self.interpolation,
                        fill=self._fill,
                    )
        return output_NCHW


def build_augmentation(recipe: Recipe) -> nn.Sequential:
    """Crop, flip and RandAugment of a recipe, in this order; those that are off are absent.

    Args:
        recipe: The fields ``crop``, ``flip`` and ``randaugment``.

    Returns:
        A module from ``N x C x H x W`` uint8 to the same, that draws from torch's current generators.
    """
    transforms: list[nn.Module] = []
    if recipe.crop < 1:
        transforms.append(RandomCrop(scale=(recipe.crop, 1.0)))
    if recipe.flip:
        transforms.append(RandomFlip())
    if recipe.randaugment:
        transforms.append(RandAugment(magnitude=recipe.randaugment))
    return nn.Sequential(*transforms)


def build_mixing(recipe: Recipe, *, num_classes: int) -> v2.Transform | None:
    """Mixup and cutmix of a recipe.

    Args:
        recipe: The fields ``mixup`` and ``cutmix``.
        num_classes: Length of the soft labels.

    Returns:
        A transform of float images and ``N`` class indices into mixed images and ``N x num_classes`` labels; none
        where both are off. With both on, it draws one of them for each batch.
    """
    mixers: list[v2.Transform] = []
    if recipe.mixup:
        mixers.append(v2.MixUp(alpha=recipe.mixup, num_classes=num_classes))
    if recipe.cutmix:
        mixers.append(v2.CutMix(alpha=recipe.cutmix, num_classes=num_classes))
    if len(mixers) == 2:
        return v2.RandomChoice(mixers)
    return mixers[0] if mixers else None


def crop_and_resize(images_NCHW: Tensor, *, size_N2: Tensor, centre_N2: Tensor) -> Tensor:
    """A part of each image, enlarged to the image's own size, bilinearly.

    Args:
        images_NCHW: uint8 images.
        size_N2: Height and width of the parts, as shares of the image.
        centre_N2: y and x of their centres, as shares of the image.

    Returns:
        uint8 images of the same shape.
    """
    # affine_grid maps output coordinates in [-1, 1] to input ones: x' = scale x + shift
    theta_N23 = torch.zeros(len(images_NCHW), 2, 3, device=images_NCHW.device)
    theta_N23[:, 0, 0], theta_N23[:, 1, 1] = size_N2[:, 1], size_N2[:, 0]
    theta_N23[:, :, 2] = centre_N2.flip(-1) * 2 - 1
    grid_NHW2 = affine_grid(theta_N23, list(images_NCHW.shape), align_corners=False)
    cropped_NCHW = grid_sample(images_NCHW.float(), grid_NHW2, padding_mode="border", align_corners=False)
    return cropped_NCHW.round().to(torch.uint8)


def resize(images_NCHW: Tensor, resolution: int) -> Tensor:
    """Square images at another resolution, bilinearly and antialiased; uint8 in, uint8 out."""
    if images_NCHW.shape[-1] == resolution:
        return images_NCHW
    resized: Tensor = functional.resize(images_NCHW, [resolution, resolution], antialias=True)
    return resized

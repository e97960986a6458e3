"""Scenes of real handwritten digits on textured backgrounds, drawn anew from a seed wherever they are needed.

A digit's mask is its ink that is seen: every pixel that the digit colours, less those that a later digit covers; as
COCO has it, its box is tight around that. Letters: P pixels of a scene's height and width, D of a digit's.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from nars.data.dataset import DataInfo
from nars.data.detection.masks import encode_all
from nars.data.detection.split import DetectionSplit, Target
from nars.data.detection.splits import DetectionSplits, ImageListing
from nars.data.digits import DIGITS_INFO, digits_listings, digits_sizes, load_digits_split
from nars.data.splits import SPLIT_NAMES, fingerprint
from nars.space.data_spec import SceneSettings, SplitName

SCENES_INFO = DataInfo(in_channels=3, classes=DIGITS_INFO.classes)
_PIXELS = 8
"""Height and width of scikit-learn's digits."""
_MOST_DIGITS = 6
_SCALE = (1 / 6, 1 / 2)
"""Height of a digit over that of its scene, each scale as likely as any other in logarithm."""
_LEAST_INK = 96
"""Of 255; fainter pixels are background."""
_LEAST_SEEN = 0.7
"""Share of its ink that each digit keeps when others are laid over it."""
_TRIES = 20
"""Places tried for a digit before the scene goes without it."""
_LEAST_CONTRAST = 70
"""Between the brightness of a digit's ink and of the background's mean."""

Pixels = NDArray[np.float32]
Bools = NDArray[np.bool_]


@dataclass(slots=True)
class _Placed:
    label: int
    ink_PP: Bools
    """What is seen of it so far."""
    num_drawn: int
    """Pixels of its ink before others covered it."""


def draw_scene_splits(settings: SceneSettings) -> DetectionSplits:
    """The record of scenes: the digits' own fixed split, and numbers of scenes."""
    first, listings = 0, dict[str, Any]()
    for name in SPLIT_NAMES:
        count = settings.count(name)
        listings[name] = ImageListing(image_ids=tuple(range(first, first + count)))
        first += count
    return DetectionSplits(
        source="digit_scenes",
        root=None,
        scenes=settings,
        category_ids=tuple(range(len(SCENES_INFO.classes))),
        classes=SCENES_INFO.classes,
        fingerprint=fingerprint({"digits": digits_sizes(), "scenes": repr(settings)}),
        **listings,
    )


def load_scenes(settings: SceneSettings, name: SplitName, *, with_masks: bool = True) -> DetectionSplit:
    """The scenes of one split, of its own digits alone.

    Args:
        settings: How many scenes, how large, and their seed.
        name: Which split.
        with_masks: Whether targets have masks.
    """
    ids = draw_scene_splits(settings).listing(name).image_ids
    digits = load_digits_split(digits_listings()[name], size=_PIXELS)
    digits_NDD, labels_N = digits.images[:, 0].numpy(), digits.labels.numpy()
    scenes = []
    for image_id in ids:
        rng = np.random.default_rng([image_id, settings.seed])
        scenes.append(_draw_scene(digits_NDD, labels_N, settings.pixels, with_masks=with_masks, rng=rng))
    return DetectionSplit(
        images=tuple(torch.from_numpy(pixels_CPP) for pixels_CPP, _ in scenes),
        targets=tuple(target for _, target in scenes),
        image_ids=ids,
        sizes=((settings.pixels, settings.pixels),) * len(ids),
    )


def _draw_scene(
    digits_NDD: NDArray[np.uint8],
    labels_N: NDArray[np.int64],
    size: int,
    *,
    with_masks: bool,
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint8], Target]:
    """One scene of ``3 x size x size`` pixels; it has one digit or more."""
    pixels_CPP = _background(size, rng)
    brightness = float(pixels_CPP.mean())
    placed: list[_Placed] = []
    for _ in range(rng.integers(1, _MOST_DIGITS + 1)):
        row = int(rng.integers(len(digits_NDD)))
        scale = np.exp(rng.uniform(*np.log(_SCALE)))
        strength_DD = _enlarge(digits_NDD[row], max(_PIXELS, round(size * scale)))
        colour_C = _ink_colour(brightness, rng)
        for _ in range(_TRIES):
            strength_PP = _at_random_place(strength_DD, size, rng)
            ink_PP = strength_PP > 0
            if all((other.ink_PP & ~ink_PP).sum() >= _LEAST_SEEN * other.num_drawn for other in placed):
                for other in placed:
                    other.ink_PP &= ~ink_PP
                pixels_CPP += strength_PP * (colour_C[:, None, None] - pixels_CPP)
                placed.append(_Placed(int(labels_N[row]), ink_PP, int(ink_PP.sum())))
                break
    masks_NPP = np.stack([digit.ink_PP for digit in placed])
    labels = torch.tensor([digit.label for digit in placed], dtype=torch.int64)
    return pixels_CPP.round().clip(0, 255).astype(np.uint8), _target(masks_NPP, labels, with_masks=with_masks)


def _background(size: int, rng: np.random.Generator) -> Pixels:
    """A smooth change of colour, stripes, and noise."""
    coarse_CGG = rng.uniform(0, 255, size=3)[:, None, None] + rng.normal(0, 30, size=(3, 4, 4))
    smooth_CPP = np.stack([_resize(plane.astype(np.float32), size) for plane in coarse_CGG])
    angle, period, phase = rng.uniform(0, np.pi), rng.uniform(size / 16, size / 4), rng.uniform(0, 2 * np.pi)
    y_PP, x_PP = np.mgrid[:size, :size]
    along_PP = (x_PP * np.cos(angle) + y_PP * np.sin(angle)) * (2 * np.pi / period)
    stripes_PP = np.sin(along_PP + phase) * rng.uniform(0, 20)
    noise_CPP = rng.normal(0, rng.uniform(2, 12), size=(3, size, size))
    pixels_CPP: Pixels = (smooth_CPP + stripes_PP + noise_CPP).clip(0, 255).astype(np.float32)
    return pixels_CPP


def _ink_colour(brightness: float, rng: np.random.Generator) -> Pixels:
    """A colour brighter or darker than the background's mean."""
    while True:
        colour_C = rng.uniform(0, 255, size=3)
        if abs(colour_C.mean() - brightness) >= _LEAST_CONTRAST:
            return colour_C.astype(np.float32)


def _enlarge(digit_DD: NDArray[np.uint8], size: int) -> Pixels:
    """The digit's ink in [0, 1] at another size, cut to where there is some."""
    large_DD = _resize(digit_DD.astype(np.float32), size)
    strength_DD = np.where(large_DD >= _LEAST_INK, (large_DD / 192).clip(0, 1), 0).astype(np.float32)
    rows, columns = np.flatnonzero(strength_DD.any(1)), np.flatnonzero(strength_DD.any(0))
    return strength_DD[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _at_random_place(strength_DD: Pixels, size: int, rng: np.random.Generator) -> Pixels:
    height, width = strength_DD.shape
    y, x = rng.integers(size - height + 1), rng.integers(size - width + 1)
    strength_PP = np.zeros((size, size), dtype=np.float32)
    strength_PP[y : y + height, x : x + width] = strength_DD
    return strength_PP


def _resize(plane: Pixels, size: int) -> Pixels:
    image = Image.fromarray(plane).resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(image, dtype=np.float32)


def _target(masks_NPP: Bools, labels: torch.Tensor, *, with_masks: bool) -> Target:
    boxes = []
    for mask_PP in masks_NPP:
        rows, columns = np.flatnonzero(mask_PP.any(1)), np.flatnonzero(mask_PP.any(0))
        boxes.append((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
    return Target(
        boxes=torch.tensor(np.array(boxes), dtype=torch.float32),
        labels=labels,
        crowd=torch.zeros(len(labels), dtype=torch.bool),
        area=torch.tensor(masks_NPP.sum((1, 2)), dtype=torch.float32),
        masks=encode_all(masks_NPP) if with_masks else None,
    )

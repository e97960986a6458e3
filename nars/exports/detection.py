"""What a detector's bundle finds in pictures of the user's own, and the pictures with it drawn on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.functional import rgb_to_grayscale
from torchvision.utils import draw_bounding_boxes, draw_segmentation_masks

from nars.data.decoding import decode_image
from nars.data.detection import DetectionSplit
from nars.errors import BundleError, DataError
from nars.exports.bundle import load_bundle
from nars.exports.opening import open_bundle
from nars.models.detector import TwoStageDetector

# Okabe and Ito (2008), as nars.drawing has them
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9")
_INSIDE = 0.5
_DRAWN_SCORE = 0.5
_SHEET = (3, 2)
"""Images across and down."""
_TILE, _GAP = 420, 12
"""Pixels of an image's place, and of the gap to the next."""
_LEAST_SIDE = 480
"""Pixels that a drawn picture's shorter side has at least, so that labels can be read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundObject:
    """One object of a picture."""

    name: str
    """Its class."""
    score: float
    """In [0, 1]."""
    box: tuple[float, float, float, float]
    """x1, y1, x2, y2 in pixels of the picture."""
    mask_HW: Tensor | None = None
    """Booleans; none of a network that tells boxes alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundObjects:
    """What was found in one picture, the surest first."""

    objects: tuple[FoundObject, ...]
    picture: bytes
    """A PNG file: the picture, enlarged where it is small, with boxes, masks, classes and scores."""


def detect_images(
    directory: Path | str, paths: Sequence[Path | str], *, form: str | None = None, least_score: float = 0.5
) -> list[FoundObjects]:
    """The objects in image files.

    Args:
        directory: The bundle's folder.
        paths: Image files of any size.
        form: Name of a format of the bundle; none for its own weights.
        least_score: Objects of a lower score are left out.

    Raises:
        BundleError: If the bundle is damaged, of a classifier, or has no such format.
        DataError: If a file is absent or is no image.
    """
    bundle = load_bundle(directory)
    if not bundle.candidate.is_detector:
        raise BundleError(f"{directory}: must be a detector's bundle, got a classifier's")
    absent = [str(path) for path in paths if not Path(path).is_file()]
    if absent:
        raise DataError(f"there is no image {', '.join(absent)}")
    network = open_bundle(bundle, form)
    found = []
    for image_CHW in [decode_image(Path(path)) for path in paths]:
        given = rgb_to_grayscale(image_CHW) if bundle.preprocessing.channels == 1 else image_CHW
        with torch.inference_mode():
            (detections,) = network([given.float() / 255])  # type: ignore[arg-type]  # a detector takes a list
        objects = _objects(detections, bundle.classes, least_score)
        found.append(FoundObjects(objects=objects, picture=draw_objects(image_CHW, objects)))
    return found


def draw_objects(image_CHW: Tensor, objects: Sequence[FoundObject]) -> bytes:
    """A picture with objects drawn on it, as a PNG file.

    Args:
        image_CHW: Three channels or one, uint8.
        objects: In its pixels.
    """
    factor = max(1, -(-_LEAST_SIDE // min(image_CHW.shape[-2:])))
    drawn = _enlarged(image_CHW.expand(3, -1, -1), factor)
    names = sorted({one.name for one in objects})
    colors = [_COLORS[names.index(one.name) % len(_COLORS)] for one in objects]
    masks = [_enlarged(one.mask_HW, factor) for one in objects if one.mask_HW is not None]
    if masks:
        drawn = draw_segmentation_masks(drawn, torch.stack(masks), alpha=0.5, colors=colors)
    if objects:
        drawn = draw_bounding_boxes(
            drawn,
            torch.tensor([one.box for one in objects]) * factor,
            labels=[f"{one.name} {one.score:.2f}" for one in objects],
            colors=colors,
            width=2,
            label_colors=["white"] * len(objects),
            fill_labels=True,
        )
    return _png(Image.fromarray(drawn.permute(1, 2, 0).numpy()))


def detections_sheet(network: TwoStageDetector, split: DetectionSplit, classes: Sequence[str]) -> bytes:
    """What a detector finds in six images evenly over a split, side by side, as a PNG file.

    Args:
        network: On the CPU, in eval mode.
        split: At least one image.
        classes: Names of the network's outputs, in their order.
    """
    rows = sorted({round(place) for place in torch.linspace(0, len(split) - 1, _SHEET[0] * _SHEET[1]).tolist()})
    sheet = Image.new("RGB", (_SHEET[0] * _TILE, -(-len(rows) // _SHEET[0]) * _TILE), "white")
    for place, row in enumerate(rows):
        image_CHW = split.images[row]
        with torch.inference_mode():
            (found,) = network([image_CHW.float() / 255])
        assert isinstance(found, dict)  # in eval mode
        drawn = Image.open(BytesIO(draw_objects(image_CHW, _objects(found, classes, _DRAWN_SCORE))))
        drawn.thumbnail((_TILE - _GAP, _TILE - _GAP))
        down, across = divmod(place, _SHEET[0])
        sheet.paste(drawn, (across * _TILE, down * _TILE))
    return _png(sheet)


def _png(picture: Image.Image) -> bytes:
    content = BytesIO()
    picture.save(content, format="png")
    return content.getvalue()


def _objects(detections: dict[str, Tensor], classes: Sequence[str], least_score: float) -> tuple[FoundObject, ...]:
    masks_NHW = detections.get("masks")
    return tuple(
        FoundObject(
            name=classes[label],
            score=score,
            box=(box[0], box[1], box[2], box[3]),
            mask_HW=None if masks_NHW is None else masks_NHW[row] >= _INSIDE,
        )
        for row, (label, score, box) in enumerate(
            zip(detections["labels"].tolist(), detections["scores"].tolist(), detections["boxes"].tolist(), strict=True)
        )
        if score >= least_score
    )


def _enlarged(pixels: Tensor, factor: int) -> Tensor:
    """Each pixel as a square of as many."""
    return pixels.repeat_interleave(factor, -2).repeat_interleave(factor, -1)

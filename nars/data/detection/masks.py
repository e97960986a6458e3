"""Masks, run-length coded as COCO does: column by column, background first, compressed to ASCII."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from pycocotools import mask as coco_mask
from torch import Tensor

_OFFSET, _MORE, _BITS = 48, 0x20, 5
"""Of COCO's compressed counts: first character, its bit that says another one follows, and bits of the number."""
_LEAST_NUMBERS = 6
"""Of a polygon: three corners."""


@dataclass(frozen=True, slots=True)
class Rle:
    """One mask of H x W pixels."""

    height: int
    width: int
    counts: bytes
    """COCO's compressed run lengths."""

    @property
    def as_coco(self) -> dict[str, object]:
        """The mapping that pycocotools reads."""
        return {"size": [self.height, self.width], "counts": self.counts}

    @property
    def area(self) -> int:
        """Pixels of the mask."""
        return int(coco_mask.area(self.as_coco))

    def decode(self) -> Tensor:
        """The mask as an ``H x W`` tensor of uint8, 1 inside."""
        # pycocotools' own decoder warns with NumPy 2
        runs_M = _decompress(self.counts)
        flat = np.repeat((np.arange(len(runs_M)) % 2).astype(np.uint8), runs_M)
        return torch.from_numpy(np.ascontiguousarray(flat.reshape(self.width, self.height).T))


def encode(mask_HW: NDArray[np.bool_] | NDArray[np.uint8]) -> Rle:
    """The code of one mask."""
    (rle,) = encode_all(mask_HW[None])
    return rle


def encode_all(masks_NHW: NDArray[np.bool_] | NDArray[np.uint8]) -> tuple[Rle, ...]:
    """The codes of N masks of one size."""
    if not len(masks_NHW):
        return ()
    found = coco_mask.encode(np.asfortranarray(masks_NHW.astype(np.uint8).transpose(1, 2, 0)))
    height, width = masks_NHW.shape[1:]
    return tuple(Rle(height, width, rle["counts"]) for rle in found)


def decode_all(masks: Sequence[Rle], *, height: int, width: int) -> Tensor:
    """N masks of one size as an ``N x H x W`` tensor of uint8."""
    if not masks:
        return torch.zeros(0, height, width, dtype=torch.uint8)
    return torch.stack([mask.decode() for mask in masks])


def read_segmentation(segmentation: object, *, height: int, width: int) -> Rle:
    """A mask as an instances file writes it.

    Args:
        segmentation: A list of polygons, or a mapping of ``size`` and compressed or uncompressed ``counts``.
        height: Of the image.
        width: Of the image.

    Raises:
        ValueError: If it does not decode to a mask of the image's size with at least one pixel.
    """
    if isinstance(segmentation, list):
        rle = _from_polygons(segmentation, height, width)
    elif isinstance(segmentation, dict):
        rle = _from_runs(segmentation, height, width)
    else:
        raise ValueError("its mask must be polygons or run lengths")  # noqa: TRY004 one error for all bad masks
    if rle.area == 0:
        raise ValueError("its mask has no pixel")
    return rle


def _from_polygons(polygons: list[object], height: int, width: int) -> Rle:
    if not polygons:
        raise ValueError("its mask has no polygon")
    for polygon in polygons:
        if not isinstance(polygon, list) or len(polygon) < _LEAST_NUMBERS or len(polygon) % 2:
            raise ValueError("a polygon must be three or more pairs of numbers")
        if not all(isinstance(number, int | float) and np.isfinite(number) for number in polygon):
            raise ValueError("a polygon must be of finite numbers")
    merged = coco_mask.merge(coco_mask.frPyObjects(polygons, height, width))
    return Rle(height, width, merged["counts"])


def _from_runs(segmentation: dict[str, object], height: int, width: int) -> Rle:
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if size != [height, width]:
        raise ValueError(f"its mask must be of [{height}, {width}] pixels, got {size}")
    if isinstance(counts, str):
        runs_M = _decompress(counts.encode("ascii", errors="replace"))
    elif isinstance(counts, list) and all(isinstance(run, int) and not isinstance(run, bool) for run in counts):
        runs_M = np.array(counts, dtype=np.int64)
    else:
        raise ValueError("counts of a mask must be a text or a list of whole numbers")
    if (runs_M < 0).any() or runs_M.sum() != height * width:
        raise ValueError(f"run lengths of a mask must add up to {height * width} pixels, got {runs_M.sum()}")
    rle = coco_mask.frPyObjects({"size": [height, width], "counts": runs_M.tolist()}, height, width)
    return Rle(height, width, rle["counts"])


def _decompress(counts: bytes) -> NDArray[np.int64]:
    """The run lengths of a compressed text; pycocotools would read on behind the end of a damaged one."""
    codes_B = np.frombuffer(counts, dtype=np.uint8).astype(np.int64) - _OFFSET
    if not len(codes_B) or (codes_B < 0).any() or (codes_B >= 2 * _MORE).any() or codes_B[-1] & _MORE:
        raise ValueError("counts of a mask are not COCO's compressed run lengths")
    is_last_B = (codes_B & _MORE) == 0
    starts_M = np.concatenate([[0], np.flatnonzero(is_last_B)[:-1] + 1])
    position_B = np.arange(len(codes_B)) - np.repeat(starts_M, np.diff([*starts_M, len(codes_B)]))
    if position_B.max() > 10:
        raise ValueError("a run length of a mask is too large")
    values_M = np.add.reduceat((codes_B & (_MORE - 1)) << (_BITS * position_B), starts_M)
    ends_M = np.flatnonzero(is_last_B)
    is_negative_M = (codes_B[ends_M] & (_MORE >> 1)) != 0
    values_M = values_M - np.where(is_negative_M, 1 << (_BITS * (position_B[ends_M] + 1)), 0)
    # from the fourth on, each is told by its difference to the one before the last
    values_M[1::2] = np.cumsum(values_M[1::2])
    values_M[2::2] = np.cumsum(values_M[2::2])
    return values_M

"""Image files as a sequence: decoded at once where they fit into memory, else each time one is asked for."""

import logging
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from nars.data.decoding import decode_image
from nars.data.memory import available_bytes
from nars.data.pixels import keep_pixels
from nars.errors import DataError

_CHANNELS = 3
_SHARE = 0.5
"""Of the memory that is free; the rest is for activations."""

_logger = logging.getLogger(__name__)


class ImageFiles(Sequence[Tensor]):
    """Images that stay on disk."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths)

    def __len__(self) -> int:
        return len(self._paths)

    @overload
    def __getitem__(self, index: int) -> Tensor: ...
    @overload
    def __getitem__(self, index: slice) -> "ImageFiles": ...
    def __getitem__(self, index: int | slice) -> "Tensor | ImageFiles":
        if isinstance(index, slice):
            return ImageFiles(self._paths[index])
        return decode_image(self._paths[index])


def read_images(
    paths: Sequence[Path], sizes: Sequence[tuple[int, int]], *, file: Path | None = None
) -> Sequence[Tensor]:
    """The images of files.

    Args:
        paths: Of N images.
        sizes: Height and width of each.
        file: Where decoded images are kept for all processes; none for this process's own memory (see `keep_pixels`).

    Returns:
        ``3 x H x W`` tensors of uint8.

    Raises:
        DataError: If one cannot be decoded, now or when it is asked for, or is of another size.
    """
    bytes_of = [_CHANNELS * height * width for height, width in sizes]
    if sum(bytes_of) > available_bytes() * _SHARE:
        _logger.info("%d images of %d bytes stay on disk and are decoded batch by batch", len(paths), sum(bytes_of))
        return ImageFiles(paths)

    def decode(index: int) -> NDArray[np.uint8]:
        image_CHW = decode_image(paths[index]).numpy()
        if image_CHW.shape[1:] != sizes[index]:
            raise DataError(f"{paths[index]}: height and width must be {sizes[index]}, got {image_CHW.shape[1:]}")
        return image_CHW

    pixels = keep_pixels(file, bytes_of, decode)
    parts = (pixels[end - length : end] for end, length in zip(accumulate(bytes_of), bytes_of, strict=True))
    return tuple(part.view(_CHANNELS, *size) for part, size in zip(parts, sizes, strict=True))

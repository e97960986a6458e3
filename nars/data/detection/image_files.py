"""Image files as a sequence: decoded at once where they fit into memory, else each time one is asked for."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import overload

from torch import Tensor

from nars.data.decoding import decode_all, decode_image
from nars.data.memory import available_bytes

_CHANNELS = 3
_SHARE = 0.25
"""Of the memory that is free: other workers decode the same images beside this one."""

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


def read_images(paths: Sequence[Path], sizes: Sequence[tuple[int, int]]) -> Sequence[Tensor]:
    """The images of files.

    Args:
        paths: Of N images.
        sizes: Height and width of each.

    Returns:
        ``3 x H x W`` tensors of uint8.

    Raises:
        DataError: If one cannot be decoded, now or when it is asked for.
    """
    needed = sum(_CHANNELS * height * width for height, width in sizes)
    if needed <= available_bytes() * _SHARE:
        return tuple(decode_all(paths))
    _logger.info("%d images of %d bytes stay on disk and are decoded batch by batch", len(paths), needed)
    return ImageFiles(paths)

"""From image files to pixels, in a pool of threads (Pillow decodes outside the interpreter lock)."""

import struct
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from nars.data.pixels import keep_pixels, num_threads
from nars.data.splits import first_names
from nars.errors import DataError

_CHANNELS = 3
# What Pillow's decoders raise for damaged files; UnidentifiedImageError is an OSError.
_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, EOFError, IndexError, struct.error, zlib.error)
_BAD_IMAGE = (*_DAMAGE, Image.DecompressionBombError)


def require_readable(root: Path, paths: Sequence[str]) -> None:
    """Decodes every image once and forgets its pixels.

    Args:
        root: The data folder.
        paths: Relative paths of its images.

    Raises:
        DataError: If images cannot be decoded: the first ten and how many there are.
    """
    with ThreadPoolExecutor(num_threads()) as pool:
        readable = pool.map(lambda path: _is_readable(root / path), paths, chunksize=1)
        unreadable = [path for path, is_good in zip(paths, readable, strict=True) if not is_good]
    if unreadable:
        raise DataError(f"{root}: unreadable images: {first_names(unreadable)}")


def decode_images(root: Path, paths: Sequence[str], *, size: int, file: Path | None = None) -> Tensor:
    """Decodes images as RGB, the shorter side resized to ``size``, the centre cropped to a square.

    Args:
        root: The data folder.
        paths: Relative paths of N images.
        size: Height and width of the result in pixels.
        file: Where the result is kept for all processes; none for this process's own memory (see `keep_pixels`).

    Returns:
        An ``N x 3 x size x size`` tensor of uint8.

    Raises:
        DataError: If an image cannot be decoded, or all of them do not fit into memory.
    """

    def decode(index: int) -> NDArray[np.uint8]:
        return _decode_square(root / paths[index], size).transpose(2, 0, 1)

    return keep_pixels(file, [_CHANNELS * size * size] * len(paths), decode).view(-1, _CHANNELS, size, size)


def decode_image(path: Path) -> Tensor:
    """Decodes one image as RGB at its own size.

    Returns:
        A ``3 x H x W`` tensor of uint8.

    Raises:
        DataError: If it cannot be decoded.
    """
    try:
        with Image.open(path) as image:
            pixels_HWC = np.array(_rgb(image))
    except _BAD_IMAGE as error:
        raise DataError(f"{path}: unreadable image: {error}") from None
    return torch.from_numpy(pixels_HWC).permute(2, 0, 1).contiguous()


def sizes_of(paths: Sequence[Path]) -> list[tuple[int, int] | None]:
    """Height and width of every image, decoded once and forgotten; none for one that cannot be decoded."""
    with ThreadPoolExecutor(num_threads()) as pool:
        return list(pool.map(_size_of, paths, chunksize=1))


def _size_of(path: Path) -> tuple[int, int] | None:
    try:
        _, height, width = decode_image(path).shape
    except DataError:
        return None
    return height, width


def _decode_square(path: Path, size: int) -> NDArray[np.uint8]:
    """An ``size x size x 3`` array; Pillow's bilinear filter widens with the scale, so it is antialiased."""
    try:
        with Image.open(path) as image:
            return np.asarray(ImageOps.fit(_rgb(image), (size, size), method=Image.Resampling.BILINEAR))
    except _BAD_IMAGE as error:
        raise DataError(f"{path}: unreadable image: {error}") from None


def _is_readable(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            _rgb(image)
    except _BAD_IMAGE:
        return False
    return True


def _rgb(image: Image.Image) -> Image.Image:
    """The upright RGB image. Sixteen-bit grey keeps its upper byte; Pillow alone would clip it to white."""
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I;16"):
        upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
    elif upright.mode in {"I", "F"}:
        raise ValueError(f"images of 32-bit {upright.mode} pixels have no defined brightness")
    if "transparency" in upright.info:
        upright = upright.convert("RGBA")
    return upright.convert("RGB")

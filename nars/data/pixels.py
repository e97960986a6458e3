"""The decoded pixels of a split, in a file that all processes of a machine map: decoded once, and once in memory.

The kernel keeps what is used in its file cache and drops it where memory is short, so that a data set may be larger
than memory: then it is streamed from the disk, already decoded.
"""

import errno
import fcntl
import hashlib
import logging
import os
import shutil
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path

import numpy as np
import PIL
import torch
from numpy.typing import NDArray
from torch import Tensor

from nars.data.memory import require_memory

Decode = Callable[[int], NDArray[np.uint8]]

_logger = logging.getLogger(__name__)


def pixels_path(directory: Path | None, name: str, *facts: object) -> Path | None:
    """Where the decoded images of a split are kept.

    Args:
        directory: Folder of the study's data; none gives none: the process's own memory.
        name: Of the split.
        facts: All that the pixels depend on; another fact, or another decoder, is another file.
    """
    if directory is None:
        return None
    digest = hashlib.sha256(repr((facts, PIL.__version__)).encode()).hexdigest()
    return directory / "images" / f"{name}-{digest[:16]}.u8"


def keep_pixels(file: Path | None, sizes: Sequence[int], decode: Decode) -> Tensor:
    """The pixels of N images, one image after the other.

    Of processes that ask for one file at once one decodes and the others wait; the kernel frees the lock of one that
    is killed, and what it left unfinished has another name.

    Args:
        file: Written where it is absent, and mapped; none for this process's own memory, which is also taken, with a
            warning, where the file cannot be written.
        sizes: Bytes of each image.
        decode: Gives an image by its index, from several threads at once.

    Returns:
        A flat tensor of uint8, not to be written to.

    Raises:
        DataError: If own memory does not hold them all; also what ``decode`` raises.
    """
    if file is not None:
        try:
            return _mapped(file, sizes, decode)
        except OSError as error:
            _logger.warning("%s: each process decodes the images for itself: %s", file, error)
    require_memory(sum(sizes), what=f"{len(sizes)} decoded images")
    pixels = np.empty(sum(sizes), dtype=np.uint8)
    _decode_all(sizes, decode, lambda part, start: np.copyto(pixels[start : start + len(part)], part))
    return torch.from_numpy(pixels)


def num_threads() -> int:
    """Threads that decode."""
    return min(16, os.cpu_count() or 1)


def _mapped(file: Path, sizes: Sequence[int], decode: Decode) -> Tensor:
    total = sum(sizes)
    if not _is_whole(file, total):
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, sizes, decode)
    with warnings.catch_warnings():
        # Torch would have memory that can be written; a private mapping could not be larger than memory.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(np.memmap(file, dtype=np.uint8, mode="r", shape=(total,)))


def _decode_all(sizes: Sequence[int], decode: Decode, put: Callable[[NDArray[np.uint8], int], None]) -> None:
    """Hands each image on, with the place of its first byte."""
    starts = [0, *accumulate(sizes)]

    def take(index: int) -> None:
        pixels = np.ascontiguousarray(decode(index)).reshape(-1)
        assert len(pixels) == sizes[index], "an image must not run into the next one"
        put(pixels, starts[index])

    with ThreadPoolExecutor(num_threads()) as pool:
        list(pool.map(take, range(len(sizes))))


def _is_whole(file: Path, total: int) -> bool:
    return file.is_file() and file.stat().st_size == total


def _write(file: Path, sizes: Sequence[int], decode: Decode) -> None:
    total = sum(sizes)
    unfinished = file.with_suffix(".part")
    descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not _is_whole(file, total):  # another process may have written it while this one waited
            _require_room(file.parent, total)
            try:
                _decode_all(sizes, decode, lambda pixels, start: _write_at(descriptor, pixels, start))
                os.truncate(descriptor, total)  # a longer one may have been left behind
                os.fsync(descriptor)  # else a power cut could leave the name without the pixels
            except BaseException:
                os.truncate(descriptor, 0)  # the name stays: others may wait for its lock
                raise
            unfinished.replace(file)
        unfinished.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _write_at(descriptor: int, pixels: NDArray[np.uint8], start: int) -> None:
    """All of them: a disk that becomes full takes a part first, and is an error at the rest."""
    written = 0
    while written < len(pixels):
        written += os.pwrite(descriptor, pixels[written:].data, start + written)


def _require_room(folder: Path, total: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < total:
        raise OSError(errno.ENOSPC, f"{total:,} bytes of decoded images need room, {free:,} are free")

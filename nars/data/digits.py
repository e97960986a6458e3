"""The embedded data set: scikit-learn's 1,797 handwritten digits of 8 x 8 pixels, with a fixed split."""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.transforms.v2 import functional

from nars.data.dataset import DataInfo, Split
from nars.data.pixels import keep_pixels
from nars.data.splits import Listing, SplitShares, stratify
from nars.space.data_spec import SplitName

DIGITS_INFO = DataInfo(in_channels=1, classes=tuple("0123456789"))
_BRIGHTEST = 16
_SHARES = SplitShares(val=300 / 1797, test=300 / 1797)
_SPLIT_SEED = 0


def digits_listings() -> dict[SplitName, Listing]:
    """The fixed stratified split, about 1,197 / 300 / 300; a path is a row of scikit-learn's table."""
    _, labels_N = _digits()
    rows_of_class = [np.flatnonzero(labels_N == label).tolist() for label in range(len(DIGITS_INFO.classes))]
    listings = stratify(rows_of_class, shares=_SHARES, rng=np.random.default_rng(_SPLIT_SEED))
    return {
        name: Listing(
            paths=tuple(str(row) for rows in rows_by_class for row in rows),
            labels=tuple(label for label, rows in enumerate(rows_by_class) for _ in rows),
        )
        for name, rows_by_class in listings.items()
    }


def digits_sizes() -> int:
    """Bytes of the whole table as scikit-learn ships it, for the data fingerprint."""
    images_NHW, _ = _digits()
    return int(images_NHW.nbytes)


def load_digits_split(listing: Listing, *, size: int, file: Path | None = None) -> Split:
    """The digits of one split as greyscale images.

    Args:
        listing: Rows and labels.
        size: Height and width in pixels to which the 8 x 8 images are enlarged.
        file: Where the images are kept for all processes, which then need no scikit-learn; none for this process's own
            memory (see `keep_pixels`).

    Returns:
        A split of ``N x 1 x size x size`` images.
    """
    images_once = cache(lambda: _images(listing, size).numpy())
    pixels = keep_pixels(file, [size * size] * len(listing.labels), lambda index: images_once()[index])
    return Split(images=pixels.view(-1, 1, size, size), labels=torch.tensor(listing.labels, dtype=torch.int64))


def _images(listing: Listing, size: int) -> Tensor:
    images_NHW, _ = _digits()
    rows = [int(path) for path in listing.paths]
    images: Tensor = torch.from_numpy(images_NHW[rows])[:, None]
    if size != images.shape[-1]:
        images = functional.resize(images, [size, size], antialias=True)
    return images


@cache
def _digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    from sklearn.datasets import load_digits  # over a second of importing, which other data need not wait for

    table = load_digits()
    images_NHW = np.rint(table.images * (255 / _BRIGHTEST)).astype(np.uint8)
    return images_NHW, table.target.astype(np.int64)

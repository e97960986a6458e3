"""What the rest of NARS sees of a data set. Letters: N images, C channels, S pixels of height and width."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """The decoded images of one split."""

    images: Tensor
    """An ``N x C x S x S`` tensor of uint8."""
    labels: Tensor
    """``N`` class indices of int64."""

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, kw_only=True, slots=True)
class DataInfo:
    """What a network must fit to read a data set."""

    in_channels: int
    """1 for greyscale, 3 for RGB."""
    classes: tuple[str, ...]
    """Names in the order of their indices."""

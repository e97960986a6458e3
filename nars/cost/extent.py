"""Heights and widths of feature maps of many networks at once.

Shapes: N candidates; every array has shape ``(N,)``.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from nars.space.columns import Bools, Ints


@dataclass(frozen=True, kw_only=True, slots=True)
class Extent:
    """Height and width in pixels; below 1 where nothing is left of a feature map."""

    height_N: Ints
    width_N: Ints

    @classmethod
    def square(cls, size_N: Ints) -> Self:
        """Height and width alike."""
        return cls(height_N=size_N, width_N=size_N)

    @property
    def pixels_N(self) -> Ints:
        """Height times width."""
        return self.height_N * self.width_N

    def convolved(self, kernel_N: Ints, stride_N: Ints, padding_N: Ints) -> "Extent":
        """Behind a convolution or a pool."""
        height_N = (self.height_N + 2 * padding_N - kernel_N) // stride_N + 1
        if self.width_N is self.height_N:
            return Extent.square(height_N)
        return Extent(height_N=height_N, width_N=(self.width_N + 2 * padding_N - kernel_N) // stride_N + 1)

    def enlarged(self, factor_N: Ints) -> "Extent":
        """With each pixel repeated."""
        return Extent(height_N=self.height_N * factor_N, width_N=self.width_N * factor_N)

    def where(self, chosen_N: Bools, other: "Extent") -> "Extent":
        """This one where chosen, else the other."""
        return Extent(
            height_N=np.where(chosen_N, self.height_N, other.height_N),
            width_N=np.where(chosen_N, self.width_N, other.width_N),
        )

    def at_least(self, size_N: Ints | int) -> Bools:
        """Whether neither side is smaller."""
        fits_N: Bools = (self.height_N >= size_N) & (self.width_N >= size_N)
        return fits_N

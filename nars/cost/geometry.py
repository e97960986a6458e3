"""Sizes and widths of every block of many networks at once; the cost formula and the latency table both read them.

Shapes: N candidates; every array has shape ``(N,)``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nars.cost.extent import Extent
from nars.cost.stage_geometry import BlockGeometry, StageChain
from nars.cost.widths import round_widths
from nars.errors import CostError
from nars.space.columns import ArchitectureColumns, Bools, HeadColumns, Ints


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadGeometry:
    """The head of every candidate."""

    hidden_width_N: Ints
    """Channels that are pooled."""
    width_N: Ints


@dataclass(frozen=True, kw_only=True, slots=True)
class Geometry:
    """All blocks in order, the first and the rest of each stage apart, and the two ends of the network."""

    image: Extent
    stem: Extent
    stages: tuple[tuple[BlockGeometry, ...], ...]
    """Of each stage, its first block and the rest; empty where no candidate has them."""
    extents: tuple[Extent, ...]
    """Behind each stage."""
    widths: tuple[Ints, ...]
    """Channels behind each stage."""
    head: HeadGeometry | None
    """None for trunks."""

    @property
    def blocks(self) -> tuple[BlockGeometry, ...]:
        """All blocks in order."""
        return tuple(block for blocks in self.stages for block in blocks)

    @property
    def stem_size_N(self) -> Ints:
        """Height behind the stem."""
        return self.stem.height_N

    @property
    def out_size_N(self) -> Ints:
        """Height behind the last stage."""
        return self.extents[-1].height_N

    @property
    def out_width_N(self) -> Ints:
        """Channels behind the last stage."""
        return self.widths[-1]


def geometry(
    columns: ArchitectureColumns, *, image: Extent | None = None, present: tuple[Bools, ...] | None = None
) -> Geometry:
    """Sizes and widths of buildable networks.

    Args:
        columns: The networks; what they may have of a detector is not looked at.
        image: Their input; none is a square of their resolution.
        present: In which candidates each stage is there; none for all in all.

    Raises:
        CostError: If one cannot be built; see `buildable`.
    """
    image = image or Extent.square(columns.resolution_N)
    chain = trunk_chain(columns, image, present)
    extents = chain.extents()
    for path, fits_N in trunk_fits(columns, chain, image, extents):
        require_buildable(columns, path, fits_N, extents)
    return Geometry(
        image=image,
        stem=extents[0],
        stages=tuple(chain.blocks(extents)),
        extents=tuple(extents[1:]),
        widths=tuple(chain.widths()[1:]),
        head=None if columns.head is None else _head(columns, columns.head),
    )


def buildable(columns: ArchitectureColumns) -> Bools:
    """Which networks can be built, as `nars.models.feature_sizes` tells for one.

    A stride must not exceed the size of its features, a forced padding must leave some of them, and in a block with
    an identity skip it must keep their size; groups must divide the hidden width of their block. Of detectors, the
    trunks are looked at.
    """
    image = Extent.square(columns.resolution_N)
    chain = trunk_chain(columns, image, None)
    buildable_N: Bools = np.ones(len(columns.resolution_N), dtype=np.bool_)
    for _, fits_N in trunk_fits(columns, chain, image, chain.extents()):
        buildable_N &= fits_N
    return buildable_N


def trunk_chain(columns: ArchitectureColumns, image: Extent, present: tuple[Bools, ...] | None) -> StageChain:
    """The stages behind the stem."""
    kernel_N = columns.stem_kernel_N
    return StageChain(
        stages=columns.stages,
        style=columns.style,
        in_extent=image.convolved(kernel_N, columns.stem_stride_N, kernel_N // 2),
        in_width_N=columns.stem_width_N,
        present=present,
    )


def trunk_fits(
    columns: ArchitectureColumns, chain: StageChain, image: Extent, extents: Sequence[Extent]
) -> Iterator[tuple[str, Bools]]:
    """Path of the stem and of each stage, and in which candidates it can be built."""
    yield "architecture.stem", image.at_least(columns.stem_stride_N) & extents[0].at_least(1)
    for index, fits_N in enumerate(chain.fits(extents)):
        yield f"architecture.stages[{index}]", fits_N


def require_buildable(columns: ArchitectureColumns, path: str, fits_N: Bools, extents: Sequence[Extent]) -> None:
    """Names the first candidate that cannot be built.

    Raises:
        CostError: If there is one.
    """
    if fits_N.all():
        return
    n = int(np.argmin(fits_N))
    raise CostError(
        f"{path} cannot be built: a stride must not exceed its features, some of them must be left, a block "
        f"with an identity skip must keep their size, and groups must divide hidden widths; features after "
        f"the stem and each stage: "
        f"{', '.join(str(extent.height_N[n]) for extent in extents)} at resolution {columns.resolution_N[n]} "
        f"(architecture {n} of {len(fits_N)})"
    )


def _head(columns: ArchitectureColumns, head: HeadColumns) -> HeadGeometry:
    hidden_N = round_widths(columns.stages[-1].width_N * head.expansion_N, columns.style.divisor)
    return HeadGeometry(hidden_width_N=hidden_N, width_N=head.width_N)

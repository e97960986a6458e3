"""The border to every format of a detector: what it is given, what it writes, how it is run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from nars.exports.formats.format import FormatName
from nars.models.detector import TwoStageDetector
from nars.models.detector.transform import DetectorTransform
from nars.space.candidate import Candidate


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectorSource:
    """A trained detector and what a format may want to know of it."""

    detector: TwoStageDetector
    """On the CPU, in eval mode."""
    candidate: Candidate
    """Its architecture, and the recipe that trained it."""
    classes: tuple[str, ...]
    """Names of its labels, in their order."""
    shape: tuple[int, int, int]
    """Channels, height and width of an image at the network's own size, to trace it with."""

    def image(self) -> Tensor:
        """An image of that shape; nobody's image belongs into a trace."""
        return torch.rand(self.shape, generator=torch.Generator().manual_seed(0))


class DetectorFormat(Protocol):
    """One form of a detector, which other software runs without ours."""

    @property
    def name(self) -> FormatName:
        """As users ask for it."""

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files that it may write, the one that is opened first."""

    def write(self, source: DetectorSource, directory: Path) -> None:
        """Writes its files into a bundle's folder that holds the weights.

        Raises:
            BundleError: If it cannot express the network; the message says which part.
        """

    def open(self, directory: Path, transform: DetectorTransform) -> nn.Module:
        """Reads its files back, on the CPU: from images of any size to their detections, as the source.

        Args:
            directory: The bundle's folder.
            transform: The source's, for what stays outside of a file.

        Raises:
            BundleError: If they cannot be read.
        """

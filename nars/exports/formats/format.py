"""The border to every format: what it is given, what it writes, how it is run.

Letters: N images, C channels, R pixels of height and width, K classes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from torch import Tensor

from nars.space.candidate import Candidate
from nars.training.network import NormalizedClassifier

FormatName = Literal["onnx", "onnx-int8", "torch-export", "torchscript", "python", "timm", "executorch", "detectron2"]

Runner = Callable[[Tensor], Tensor]
"""From ``N x C x R x R`` float images in [0, 1] to ``N x K`` float logits; any N."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A trained classifier and what a format may want to know of it."""

    network: NormalizedClassifier
    """On the CPU, in eval mode."""
    candidate: Candidate
    """Its architecture, and the recipe that trained it."""
    classes: tuple[str, ...]
    """Names of the network's outputs, in their order."""
    images_NCHW: Tensor
    """Real images as the network reads them, at least two: to trace it with, and to calibrate int8 on."""


class Format(Protocol):
    """One form of a network, which other software runs without ours.

    A format imports its library inside its methods, by `library`, so that naming it costs nothing.
    """

    @property
    def name(self) -> FormatName:
        """As users ask for it."""

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files that it writes, the one that is opened first."""

    @property
    def is_quantised(self) -> bool:
        """Whether its numbers are coarser than float32, so that its logits cannot be those of the source."""

    def require(self) -> None:
        """Raises `BundleError` with the line that installs its library, where that is absent."""

    def write(self, source: Source, directory: Path) -> None:
        """Writes its files into a bundle's folder that holds the weights.

        Raises:
            BundleError: If it cannot express the network; the message says which part.
        """

    def open(self, directory: Path) -> Runner:
        """Reads its files back, on the CPU.

        Raises:
            BundleError: If they cannot be read.
        """

"""A detector as a graph of torch's and torchvision's operators, run without its Python source."""

import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nars.errors import BundleError
from nars.exports.formats.detectors.format import DetectorSource
from nars.exports.formats.detectors.one_image import FileDetector, OneImage
from nars.exports.formats.format import FormatName
from nars.exports.formats.torch_export import PT2_FILE, TorchExportFormat, save_program
from nars.models.detector.transform import DetectorTransform


class DetectorTorchExport:
    """One ``.pt2`` file with its weights inside, for one image of any size of which no level's features are a line.

    How torch lays out an array differs where a side is one, and a graph is followed for one case.
    """

    name: FormatName = "torch-export"
    files: tuple[str, ...] = (PT2_FILE,)

    def write(self, source: DetectorSource, directory: Path) -> None:
        """Follows it with symbols for the sides of the image."""
        sides = {1: torch.export.Dim.DYNAMIC, 2: torch.export.Dim.DYNAMIC}
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # of torch about itself
            try:
                one = OneImage(source.detector).eval()
                program = torch.export.export(one, (source.image(),), dynamic_shapes=(sides,))
            except (RuntimeError, ValueError) as error:
                reason = str(error).splitlines()[0]
                raise BundleError(f"torch-export: the detector cannot be exported: {reason}") from error
        save_program(program, directory)

    def open(self, directory: Path, transform: DetectorTransform) -> nn.Module:
        """The graph as a module."""
        program: Any = TorchExportFormat().open(directory)

        def run(image_CHW: Tensor) -> tuple[Tensor, ...]:  # as a submodule, the graph would stop at train() and eval()
            try:
                outputs: tuple[Tensor, ...] = program(image_CHW)
            except AssertionError as error:
                height, width = image_CHW.shape[-2:]
                raise BundleError(
                    f"torch-export: the graph was not followed for images of {height} x {width} pixels as the network "
                    f"reads them, as where some level has a side of one: {error}"
                ) from error
            return outputs

        return FileDetector(run, transform)

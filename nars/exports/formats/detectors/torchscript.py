"""A detector as a traced program."""

import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nars.exports.formats.detectors.format import DetectorSource
from nars.exports.formats.detectors.one_image import FileDetector, OneImage
from nars.exports.formats.format import FormatName
from nars.exports.formats.torchscript import TORCHSCRIPT_FILE, TorchScriptFormat
from nars.models.detector.transform import DetectorTransform


class DetectorTorchScript:
    """One ``.torchscript`` file with its weights inside, for one image of any size."""

    name: FormatName = "torchscript"
    files: tuple[str, ...] = (TORCHSCRIPT_FILE,)

    def write(self, source: DetectorSource, directory: Path) -> None:
        """Traces it."""
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # of torch about itself, and about numbers that a trace takes as they are
            one = OneImage(source.detector).eval()
            traced = torch.jit.trace(one, source.image(), check_trace=False)  # type: ignore[no-untyped-call]
            torch.jit.save(traced, str(directory / TORCHSCRIPT_FILE))

    def open(self, directory: Path, transform: DetectorTransform) -> nn.Module:
        """The program."""
        traced: Any = TorchScriptFormat().open(directory)
        return FileDetector(traced, transform)

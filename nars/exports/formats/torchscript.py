"""TorchScript, for as long as torch has it: what C++ and older mobile runtimes load."""

import warnings
from pathlib import Path

import torch

from nars.errors import BundleError
from nars.exports.formats.format import FormatName, Runner, Source

TORCHSCRIPT_FILE = "model.torchscript"


class TorchScriptFormat:
    """One traced file with its weights inside."""

    name: FormatName = "torchscript"
    files: tuple[str, ...] = (TORCHSCRIPT_FILE,)
    is_quantised = False

    def require(self) -> None:
        """Needs nothing: torch has it."""

    def write(self, source: Source, directory: Path) -> None:
        """Writes ``model.torchscript``."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch calls it deprecated
            traced = torch.jit.trace(source.network, source.images_NCHW[:2])  # type: ignore[no-untyped-call]
            torch.jit.save(traced, str(directory / TORCHSCRIPT_FILE))

    def open(self, directory: Path) -> Runner:
        """The traced module."""
        path = directory / TORCHSCRIPT_FILE
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                module: Runner = torch.jit.load(str(path), map_location="cpu")  # type: ignore[no-untyped-call]
            except (OSError, RuntimeError, ValueError) as error:
                raise BundleError(f"{path}: TorchScript cannot be read: {error}") from error
        return module

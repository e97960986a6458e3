"""ExecuTorch: a program for phones and microcontrollers, with XNNPACK's kernels."""

import warnings
from pathlib import Path

import torch
from torch import Tensor

from nars.errors import BundleError
from nars.exports.formats.format import FormatName, Runner, Source
from nars.exports.formats.library import library

PTE_FILE = "model.pte"
_INSTALL = "executorch"


class ExecuTorchFormat:
    """One ``.pte`` file with its weights inside, for one image at a time.

    A device sees one image at a time, and ExecuTorch sets aside memory for the largest batch that may come.
    """

    name: FormatName = "executorch"
    files: tuple[str, ...] = (PTE_FILE,)
    is_quantised = False

    def require(self) -> None:
        """Needs ExecuTorch."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of ExecuTorch about itself
            library("executorch.exir", install=_INSTALL)

    def write(self, source: Source, directory: Path) -> None:
        """Writes ``model.pte``; what XNNPACK cannot run stays with ExecuTorch's own operators."""
        blank_1CRR = torch.zeros_like(source.images_NCHW[:1])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch and ExecuTorch about themselves
            exir = library("executorch.exir", install=_INSTALL)
            xnnpack = library("executorch.backends.xnnpack.partition.xnnpack_partitioner", install=_INSTALL)
            program = torch.export.export(source.network, (blank_1CRR,))
            lowered = exir.to_edge_transform_and_lower(program, partitioner=[xnnpack.XnnpackPartitioner()])
            (directory / PTE_FILE).write_bytes(lowered.to_executorch().buffer)

    def open(self, directory: Path) -> Runner:
        """Runs the file in ExecuTorch's runtime, image by image."""
        path = directory / PTE_FILE
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            runtime = library("executorch.runtime", install=_INSTALL).Runtime.get()
            try:
                method = runtime.load_program(path).load_method("forward")
            except (OSError, RuntimeError, ValueError) as error:
                raise BundleError(f"{path}: ExecuTorch cannot read it: {error}") from error

        def run(images_NCRR: Tensor) -> Tensor:
            images_N1CRR = images_NCRR.contiguous()[:, None]
            return torch.cat([method.execute([image_1CRR])[0] for image_1CRR in images_N1CRR])

        return run

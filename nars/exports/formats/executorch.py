"""ExecuTorch: a program for phones and microcontrollers, its convolutions in XNNPACK's kernels."""

import warnings
from pathlib import Path

import torch
from torch import Tensor

from nars.errors import BundleError
from nars.exports.formats.format import FormatName, Runner, Source
from nars.exports.formats.library import library
from nars.exports.formats.torch_export import exported_program

PTE_FILE = "model.pte"
MOST_IMAGES = 64
"""At once: ExecuTorch plans its memory when it writes, for the largest batch that may come."""


class ExecuTorchFormat:
    """One ``.pte`` file with its weights inside, for up to `MOST_IMAGES` images at once."""

    name: FormatName = "executorch"
    files: tuple[str, ...] = (PTE_FILE,)
    is_quantised = False

    def require(self) -> None:
        """Needs ExecuTorch."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            library("executorch.exir", install="executorch")

    def write(self, source: Source, directory: Path) -> None:
        """Writes ``model.pte``; what XNNPACK cannot run stays with ExecuTorch's own operators."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch and ExecuTorch about themselves
            exir = library("executorch.exir", install="executorch")
            xnnpack = library("executorch.backends.xnnpack.partition.xnnpack_partitioner", install="executorch")
            program = exported_program(source, most_images=MOST_IMAGES)
            lowered = exir.to_edge_transform_and_lower(program, partitioner=[xnnpack.XnnpackPartitioner()])
            (directory / PTE_FILE).write_bytes(lowered.to_executorch().buffer)

    def open(self, directory: Path) -> Runner:
        """Runs the file in ExecuTorch's runtime."""
        path = directory / PTE_FILE
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            runtime = library("executorch.runtime", install="executorch").Runtime.get()
            try:
                method = runtime.load_program(path).load_method("forward")
            except (OSError, RuntimeError, ValueError) as error:
                raise BundleError(f"{path}: ExecuTorch cannot read it: {error}") from error

        def run(images_NCRR: Tensor) -> Tensor:
            # cloned, since the next batch is written over the memory of this one's logits
            images_NCRR = images_NCRR.contiguous()
            batches = (images_NCRR[start : start + MOST_IMAGES] for start in range(0, len(images_NCRR), MOST_IMAGES))
            return torch.cat([method.execute([batch])[0].clone() for batch in batches])

        return run

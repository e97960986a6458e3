"""torch.export: the network as a graph of torch's own operators, run without its Python source."""

import warnings
from pathlib import Path

import torch

from nars.errors import BundleError
from nars.exports.formats.format import FormatName, Runner, Source

PT2_FILE = "model.pt2"


class TorchExportFormat:
    """One ``.pt2`` file with its weights inside, for any number of images at once."""

    name: FormatName = "torch-export"
    files: tuple[str, ...] = (PT2_FILE,)
    is_quantised = False

    def require(self) -> None:
        """Needs nothing: torch has it."""

    def write(self, source: Source, directory: Path) -> None:
        """Writes ``model.pt2``."""
        batch = torch.export.Dim("batch")
        blank = torch.zeros_like(source.images_NCHW[:2])  # it is kept in the file, where nobody's images belong
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch about itself
            # of a batch of one, torch would make a constant
            program = torch.export.export(source.network, (blank,), dynamic_shapes=({0: batch},))
        save_program(program, directory)

    def open(self, directory: Path) -> Runner:
        """The graph as a module."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                module: Runner = torch.export.load(directory / PT2_FILE).module()
            except (OSError, RuntimeError, ValueError) as error:
                raise BundleError(f"{directory / PT2_FILE}: torch.export cannot read it: {error}") from error
        return module


def save_program(program: torch.export.ExportedProgram, directory: Path) -> None:
    """Writes the ``.pt2`` file of a graph, without the paths of this machine."""
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch about itself
        torch.export.save(program, directory / PT2_FILE)

"""ONNX: written by torch's exporter, checked by onnx, run by ONNX Runtime."""

import logging
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from nars.errors import BundleError
from nars.exports.formats.format import FormatName, Runner, Source
from nars.exports.formats.library import library

ONNX_FILE = "model.onnx"
_INSTALL = "onnx onnxruntime onnxscript"
_OPSET = 18
"""The one that torch's exporter writes without converting, so that nothing is lost on the way."""


class OnnxFormat:
    """One file with its weights inside, for any number of images at once."""

    name: FormatName = "onnx"
    files: tuple[str, ...] = (ONNX_FILE,)
    is_quantised = False

    def require(self) -> None:
        """All three libraries: one writes, one checks, one runs."""
        for name in _INSTALL.split():
            onnx_library(name)

    def write(self, source: Source, directory: Path) -> None:
        """Writes ``model.onnx``, whose input is called ``images`` and whose output ``logits``."""
        write_onnx(source, directory / ONNX_FILE)

    def open(self, directory: Path) -> Runner:
        """The file in ONNX Runtime, with as many threads as torch has."""
        return open_onnx(directory / ONNX_FILE)


def onnx_library(name: str) -> ModuleType:
    """A module of onnx, onnxruntime or onnxscript.

    Raises:
        BundleError: If it is absent.
    """
    return library(name, install=_INSTALL)


def write_onnx(source: Source, path: Path) -> None:
    """Writes the float32 network and has onnx check it.

    Raises:
        BundleError: If torch cannot export it, or onnx finds it wrong.
    """
    onnx = onnx_library("onnx")
    onnx_library("onnxscript")
    with warnings.catch_warnings(), _quiet("torch.onnx", "onnxscript", "onnx_ir"):
        warnings.simplefilter("ignore")  # of torch about itself
        try:
            torch.onnx.export(
                source.network,
                (source.images_NCHW[:2],),  # of a batch of one, torch would make a constant
                path,
                dynamo=True,
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                input_names=["images"],
                output_names=["logits"],
                opset_version=_OPSET,
                external_data=False,
                verbose=False,
            )
            forget_source(onnx, path)
            onnx.checker.check_model(str(path), full_check=True)
        except (torch.onnx.errors.OnnxExporterError, onnx.checker.ValidationError) as error:
            raise BundleError(f"onnx: the network cannot be exported: {str(error).splitlines()[0]}") from error


def forget_source(onnx: ModuleType, path: Path) -> None:
    """Takes out where in our source each operator comes from: paths of this machine, and a third of the file."""
    model = onnx.load(path)
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
    onnx.save(model, path)


def open_onnx(path: Path) -> Runner:
    """A classifier's file in ONNX Runtime, on the CPU.

    Raises:
        BundleError: If it cannot be read.
    """
    session = onnx_session(path)

    def run(images_NCHW: Tensor) -> Tensor:
        (logits_NK,) = session.run(["logits"], {"images": images_NCHW.contiguous().numpy()})
        return torch.from_numpy(logits_NK)

    return run


def onnx_session(path: Path) -> Any:
    """ONNX Runtime's session of a file, with as many threads as torch has.

    Raises:
        BundleError: If it cannot be read.
    """
    runtime = onnx_library("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3  # errors
    try:
        return runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no base of their own
        raise BundleError(f"{path}: ONNX Runtime cannot read it: {error}") from error


class _quiet:  # noqa: N801  reads as a statement
    """Loggers that tell each step of an export, kept to their errors inside."""

    def __init__(self, *names: str) -> None:
        self._loggers = [logging.getLogger(name) for name in names]
        self._levels = [logger.level for logger in self._loggers]

    def __enter__(self) -> None:
        for logger in self._loggers:
            logger.setLevel(logging.ERROR)

    def __exit__(self, *_: object) -> None:
        for logger, level in zip(self._loggers, self._levels, strict=True):
            logger.setLevel(level)

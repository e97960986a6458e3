"""ONNX in int8: weights and activations quantised by ranges seen on calibration images."""

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nars.exports.formats.format import FormatName, Runner, Source
from nars.exports.formats.onnx import OnnxFormat, onnx_library, open_onnx, write_onnx

INT8_FILE = "model.int8.onnx"
_BATCH_SIZE = 16


class OnnxInt8Format:
    """Static quantisation: int8 weights per output channel, uint8 activations per tensor."""

    name: FormatName = "onnx-int8"
    files: tuple[str, ...] = (INT8_FILE,)
    is_quantised = True

    def require(self) -> None:
        """The libraries of the float form."""
        OnnxFormat().require()

    def write(self, source: Source, directory: Path) -> None:
        """Writes ``model.int8.onnx`` with the input and output of the float form."""
        quantization = onnx_library("onnxruntime.quantization")
        shape_inference = onnx_library("onnxruntime.quantization.shape_inference")
        with tempfile.TemporaryDirectory() as work, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            plain, folded = Path(work) / "plain.onnx", Path(work) / "folded.onnx"
            write_onnx(source, plain)
            # Norms become part of the convolutions before these are quantised.
            shape_inference.quant_pre_process(str(plain), str(folded), skip_symbolic_shape=True)
            quantization.quantize_static(
                str(folded),
                str(directory / INT8_FILE),
                _Calibration(source.images_NCHW),
                quant_format=quantization.QuantFormat.QDQ,
                per_channel=True,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
            )

    def open(self, directory: Path) -> Runner:
        """The file in ONNX Runtime."""
        return open_onnx(directory / INT8_FILE)


class _Calibration:
    """Images in batches, in the way that ONNX Runtime's quantiser asks for them."""

    def __init__(self, images_NCHW: Tensor) -> None:
        self._batches: Iterator[Tensor] = iter(torch.split(images_NCHW, _BATCH_SIZE))

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next batch by the name of the input; none at the end."""
        batch = next(self._batches, None)
        return None if batch is None else {"images": batch.contiguous().numpy()}

"""A detector in ONNX, run by ONNX Runtime."""

import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nars.errors import BundleError
from nars.exports.formats.detectors.format import DetectorSource
from nars.exports.formats.detectors.one_image import OUTPUTS, FileDetector, OneImage
from nars.exports.formats.format import FormatName
from nars.exports.formats.onnx import ONNX_FILE, forget_source, onnx_library, onnx_session
from nars.models.detector.transform import DetectorTransform

_OPSET = 18


class DetectorOnnx:
    """One ``.onnx`` file with its weights inside, for one image of any size."""

    name: FormatName = "onnx"
    files: tuple[str, ...] = (ONNX_FILE,)

    def write(self, source: DetectorSource, directory: Path) -> None:
        """By torch's tracing exporter: the newer one stops at operators whose shapes depend on the image."""
        onnx = onnx_library("onnx")
        path = directory / ONNX_FILE
        names = OUTPUTS if source.candidate.has_masks else OUTPUTS[:-1]
        axes: dict[str, Any] = {"image": {1: "height", 2: "width"}, **{name: {0: "detections"} for name in names}}
        try:
            with warnings.catch_warnings(), torch.no_grad():
                warnings.simplefilter("ignore")  # of torch about itself
                torch.onnx.export(
                    OneImage(source.detector).eval(),
                    (source.image(),),
                    path,
                    dynamo=False,
                    dynamic_axes=axes,
                    input_names=["image"],
                    output_names=list(names),
                    opset_version=_OPSET,
                )
            forget_source(onnx, path)
            onnx.checker.check_model(str(path))
        except (RuntimeError, torch.onnx.errors.OnnxExporterError, onnx.checker.ValidationError) as error:
            raise BundleError(f"onnx: the detector cannot be exported: {str(error).splitlines()[0]}") from error

    def open(self, directory: Path, transform: DetectorTransform) -> nn.Module:
        """A session of ONNX Runtime."""
        session = onnx_session(directory / ONNX_FILE)

        def run(image_CHW: Tensor) -> list[Tensor]:
            try:
                found = session.run(None, {"image": image_CHW.contiguous().numpy()})
            except Exception as error:  # its errors have no base of their own
                raise BundleError(f"onnx: ONNX Runtime cannot run it: {str(error).splitlines()[0]}") from error
            return [torch.from_numpy(one) for one in found]

        return FileDetector(run, transform)

"""Formats of detectors by the names that users give."""

from nars.errors import BundleError
from nars.exports.formats.detectors.detectron2 import DetectorDetectron2
from nars.exports.formats.detectors.format import DetectorFormat
from nars.exports.formats.detectors.onnx import DetectorOnnx
from nars.exports.formats.detectors.python import DetectorPython
from nars.exports.formats.detectors.torch_export import DetectorTorchExport
from nars.exports.formats.detectors.torchscript import DetectorTorchScript
from nars.exports.formats.format import FormatName

_FORMATS: tuple[DetectorFormat, ...] = (
    DetectorOnnx(),
    DetectorTorchExport(),
    DetectorTorchScript(),
    DetectorPython(),
    DetectorDetectron2(),
)
_REFUSALS: dict[FormatName, str] = {
    "onnx-int8": "int8 is for classifiers: what it costs boxes was not measured",
    "timm": "timm has no detectors",
    "executorch": "executorch is for classifiers: it has no operator for the suppression of overlaps",
}


def detector_format(name: FormatName) -> DetectorFormat:
    """The format of a name.

    Raises:
        BundleError: If detectors have no such format; the message says why.
    """
    for one in _FORMATS:
        if one.name == name:
            return one
    raise BundleError(_REFUSALS[name])

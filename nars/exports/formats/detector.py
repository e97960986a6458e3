"""Detectors in formats: the file reads one image at the network's own size and gives what is left after suppression.

Resizing an image to that size, and pasting masks into it, stay outside: `FileDetector` does both.
"""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection.image_list import ImageList

from nars.errors import BundleError
from nars.exports.formats.format import FormatName
from nars.exports.formats.onnx import ONNX_FILE, forget_source, onnx_library, onnx_session
from nars.exports.formats.torchscript import TORCHSCRIPT_FILE, TorchScriptFormat
from nars.models.detector import TwoStageDetector
from nars.models.detector.rcnn import Detections
from nars.models.detector.transform import DetectorTransform

OUTPUTS = ("boxes", "labels", "scores", "masks")
_OPSET = 18
_FILES: dict[FormatName, str] = {"onnx": ONNX_FILE, "torchscript": TORCHSCRIPT_FILE}
_REFUSALS: dict[FormatName, str] = {
    "onnx-int8": "int8 is for classifiers: what it costs boxes was not measured",
    "torch-export": "torch.export cannot follow the suppression of overlaps, which asks how many boxes are left",
    "python": "one plain file is for classifiers: a detector needs torchvision's operators",
    "timm": "timm has no detectors",
    "executorch": "executorch is for classifiers: what it makes of a detector was not tried",
}
Run = Callable[[Tensor], Sequence[Tensor]]
"""From one ``C x H x W`` image in [0, 1] to its boxes, labels, scores and, of a mask head, ``N x M x M`` masks."""


class OneImage(nn.Module):
    """What a file holds: one image, resized already, to its detections in the pixels of that image."""

    def __init__(self, detector: TwoStageDetector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, image_CHW: Tensor) -> tuple[Tensor, ...]:
        """Boxes, labels from 0 on, scores, and masks of their boxes where there is a head for them."""
        detector = self.detector
        transform = detector.transform
        batch_1CHW = transform.batch_images([transform.normalize(image_CHW)], transform.size_divisible)
        height, width = image_CHW.shape[-2:]  # while tracing, numbers that follow the image
        features = detector.backbone(batch_1CHW)
        proposals, _ = detector.rpn(ImageList(batch_1CHW, [(height, width)]), features, None)
        heads = detector.roi_heads
        (found,) = heads.detections(features, proposals, heads.classified(features, proposals), [(height, width)])
        masks = (found["masks"][:, 0],) if "masks" in found else ()
        return found["boxes"], found["labels"] - 1, found["scores"], *masks


class FileDetector(nn.Module):
    """A file as the detector that it was made of: images of any size to detections in their own pixels."""

    def __init__(self, run: Run, transform: DetectorTransform) -> None:
        super().__init__()
        self.run = run
        self.transform = transform
        self.eval()

    def forward(self, images: list[Tensor]) -> list[Detections]:
        """As `TwoStageDetector` in eval mode."""
        return [self._detections(image) for image in images]

    def _detections(self, image_CHW: Tensor) -> Detections:
        resized, _ = self.transform.resize(image_CHW)
        found = dict(zip(OUTPUTS, self.run(resized), strict=False))
        if "masks" in found:
            found["masks"] = found["masks"][:, None]
        (placed,) = self.transform.postprocess([found], [_size(resized)], [_size(image_CHW)])
        return placed


def _size(image_CHW: Tensor) -> tuple[int, int]:
    height, width = image_CHW.shape[-2:]
    return height, width


def detector_files(name: FormatName) -> tuple[str, ...]:
    """Names of the files that a format of detectors writes.

    Raises:
        BundleError: If detectors have no such format; the message says why.
    """
    if name not in _FILES:
        raise BundleError(_REFUSALS[name])
    return (_FILES[name],)


def write_detector(name: FormatName, detector: TwoStageDetector, shape: tuple[int, int, int], directory: Path) -> None:
    """Writes a format's file.

    Args:
        name: One that `detector_files` knows.
        detector: On the CPU, in eval mode.
        shape: Channels, height and width of an image at the network's size; the file takes others too.
        directory: The bundle's folder.

    Raises:
        BundleError: If it cannot be exported.
    """
    (file,) = detector_files(name)
    image_CHW = torch.rand(shape, generator=torch.Generator().manual_seed(0))  # nobody's image belongs into a trace
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of torch about itself, and about numbers that a trace takes as they are
        if name == "onnx":
            _write_onnx(OneImage(detector).eval(), image_CHW, directory / file)
            return
        traced = torch.jit.trace(OneImage(detector).eval(), image_CHW, check_trace=False)  # type: ignore[no-untyped-call]
        torch.jit.save(traced, str(directory / file))


def open_detector(name: FormatName, directory: Path, transform: DetectorTransform) -> FileDetector:
    """Reads a format's file back, on the CPU.

    Raises:
        BundleError: If it cannot be read.
    """
    (file,) = detector_files(name)
    if name == "torchscript":
        traced: Any = TorchScriptFormat().open(directory)
        return FileDetector(traced, transform)
    session = onnx_session(directory / file)

    def run(image_CHW: Tensor) -> list[Tensor]:
        return [torch.from_numpy(one) for one in session.run(None, {"image": image_CHW.contiguous().numpy()})]

    return FileDetector(run, transform)


def _write_onnx(module: OneImage, image_CHW: Tensor, path: Path) -> None:
    """By torch's tracing exporter: the newer one stops at operators whose shapes depend on the image."""
    onnx = onnx_library("onnx")
    names = OUTPUTS[: len(module(image_CHW))]
    axes: dict[str, Any] = {"image": {1: "height", 2: "width"}, **{name: {0: "detections"} for name in names}}
    try:
        torch.onnx.export(
            module,
            (image_CHW,),
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

"""A detector for detectron2: a config that builds it from our parts and detectron2's, weights, and d2go's config."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nars.errors import BundleError, NarsError
from nars.exports.formats.detectors.d2go import d2go_config
from nars.exports.formats.detectors.format import DetectorSource
from nars.exports.formats.detectors.one_image import FileDetector
from nars.exports.formats.format import FormatName
from nars.models.detector import TwoStageDetector
from nars.models.detector.detectron2_model import (
    build_detectron2,
    detectron2_config,
    detectron2_defaults,
    from_detectron2,
    to_detectron2,
)
from nars.models.detector.transform import DetectorTransform
from nars.training.network import Normalize

CONFIG_FILE = "detectron2.yaml"
WEIGHTS_FILE = "detectron2.pth"
D2GO_FILE = "d2go.yaml"


class DetectorDetectron2:
    """``detectron2.yaml`` and ``detectron2.pth``, and ``d2go.yaml`` where d2go can build the network."""

    name: FormatName = "detectron2"
    files: tuple[str, ...] = (CONFIG_FILE, WEIGHTS_FILE, D2GO_FILE)

    def write(self, source: DetectorSource, directory: Path) -> None:
        """Writes them; why d2go's file is not there stands in detectron2's."""
        mean_C, std_C = _statistics(source.detector)
        cfg = detectron2_config(source.candidate, mean_C=mean_C, std_C=std_C)
        cfg.MODEL.WEIGHTS = WEIGHTS_FILE
        text, note = cfg.dump(), ""
        try:
            (directory / D2GO_FILE).write_text(d2go_config(source.candidate, text), encoding="utf-8")
        except BundleError as error:
            note = f"# There is no {D2GO_FILE}: {error}.\n"
        (directory / CONFIG_FILE).write_text(note + text, encoding="utf-8")
        torch.save({"model": to_detectron2(source.detector.state_dict())}, directory / WEIGHTS_FILE)

    def open(self, directory: Path, transform: DetectorTransform) -> nn.Module:
        """detectron2's model of the config, with the weights."""
        cfg = detectron2_defaults()
        path = directory / CONFIG_FILE
        try:
            cfg.merge_from_file(str(path))
            cfg.MODEL.DEVICE = "cpu"
            state = torch.load(directory / cfg.MODEL.WEIGHTS, weights_only=True)["model"]
            model: Any = build_detectron2(cfg, from_detectron2(state)).eval()
        except (OSError, KeyError, AssertionError, RuntimeError, NarsError) as error:
            raise BundleError(f"{path}: detectron2 cannot read it: {error}") from error

        def run(image_CHW: Tensor) -> tuple[Tensor, ...]:
            (found,) = model.inference([{"image": 255 * image_CHW}], do_postprocess=False)
            masks = (found.pred_masks[:, 0],) if found.has("pred_masks") else ()
            return found.pred_boxes.tensor, found.pred_classes, found.scores, *masks

        return FileDetector(run, transform)


def _statistics(detector: TwoStageDetector) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each channel, in [0, 1]."""
    normalizer = detector.transform.normalizer
    if not isinstance(normalizer, Normalize):
        raise BundleError(f"detectron2 normalises by mean and std alone, got {type(normalizer).__name__}")
    return normalizer.mean.flatten().tolist(), normalizer.std.flatten().tolist()

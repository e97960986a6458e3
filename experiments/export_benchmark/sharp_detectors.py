"""Detectors that were never trained, but find clear things in images."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from nars.exports.formats.detectors import DetectorSource
from nars.models.detector import TwoStageDetector, build_detector
from nars.space.candidate import Candidate
from nars.training.network import Normalize


def sharp_source(candidate: Candidate, images: Iterable[Tensor], *, seed: int) -> DetectorSource:
    """A detector of drawn weights, whose norms have seen some images and whose scores differ widely.

    As it is built, all scores would be about the same, and rounding would choose the detections.

    Args:
        candidate: What to build.
        images: ``C x H x W`` in [0, 1].
        seed: Of the weights.
    """
    architecture = candidate.architecture
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        channels = torch.ones(architecture.in_channels)
        normalize = Normalize(mean_C=0.5 * channels, std_C=0.2 * channels)
        detector = build_detector(architecture, candidate.recipe, normalize=normalize).eval()
        _sharpen(detector)
        norms = [module for module in detector.modules() if isinstance(module, nn.BatchNorm2d)]
        for norm in norms:
            norm.train()
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.normal_(norm.bias, std=0.2)
            norm.momentum = 0.5
        with torch.no_grad():
            for image in images:
                detector([image, image.flip(-1)])
    classes = tuple(map(str, range(architecture.num_classes)))
    shape = (architecture.in_channels, architecture.resolution, architecture.resolution)
    return DetectorSource(detector=detector.eval(), candidate=candidate, classes=classes, shape=shape)


def _sharpen(detector: TwoStageDetector) -> None:
    nn.init.normal_(detector.rpn.head.objectness.weight, std=0.1)  # so that none is 1 after rounding, which would tie
    nn.init.normal_(detector.rpn.head.deltas.weight, std=0.1)
    nn.init.normal_(detector.roi_heads.box_head.classes.weight, std=1.5)
    nn.init.normal_(detector.roi_heads.box_head.deltas.weight, std=0.3)

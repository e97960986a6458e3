"""Detectors that were never trained, but find clear things in images that look like something."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from nars.exports.formats.detectors import DetectorSource
from nars.models.detector import TwoStageDetector, build_detector
from nars.space.candidate import Candidate
from nars.training.network import Normalize


def images(candidate: Candidate, count: int, *, seed: int) -> Iterator[Tensor]:
    """Blurred noise at the sizes that the network resizes to, each third half as wide again and a few pixels more."""
    rng = torch.Generator().manual_seed(seed)
    shorter, channels = candidate.architecture.resolution, candidate.architecture.in_channels
    for number in range(count):
        low = torch.rand(1, channels, 12, 16, generator=rng)
        longer = shorter * 3 // 2 + 5 if number % 3 == 2 else shorter
        yield functional.interpolate(low, (shorter, longer), mode="bicubic").clamp(0, 1)[0]


def sharp_source(candidate: Candidate, *, seed: int) -> DetectorSource:
    """A detector of drawn weights, whose norms have seen images and whose scores differ widely.

    As it is built, all scores would be about the same, and rounding would choose the detections.
    """
    architecture = candidate.architecture
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        normalize = Normalize(mean_C=torch.full((architecture.in_channels,), 0.5), std_C=torch.full((architecture.in_channels,), 0.2))  # fmt: skip
        detector = build_detector(architecture, candidate.recipe, normalize=normalize).eval()
        _sharpen(detector)
        norms = [module for module in detector.modules() if isinstance(module, nn.BatchNorm2d)]
        for norm in norms:
            norm.train()
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.normal_(norm.bias, std=0.2)
            norm.momentum = 0.5
        with torch.no_grad():
            for image in images(candidate, 6, seed=seed + 1):
                detector([image, image.flip(-1)])
    classes = tuple(map(str, range(architecture.num_classes)))
    shape = (architecture.in_channels, architecture.resolution, architecture.resolution)
    return DetectorSource(detector=detector.eval(), candidate=candidate, classes=classes, shape=shape)


def _sharpen(detector: TwoStageDetector) -> None:
    nn.init.normal_(detector.rpn.head.objectness.weight, std=0.5)
    nn.init.normal_(detector.rpn.head.deltas.weight, std=0.1)
    nn.init.normal_(detector.roi_heads.box_head.classes.weight, std=1.5)
    nn.init.normal_(detector.roi_heads.box_head.deltas.weight, std=0.3)

"""Sharp detectors of `experiments/export_benchmark`, whose norms have seen images of noise."""

import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from nars.exports.formats.detectors import DetectorSource
from nars.space.candidate import Candidate

sys.path.append(str(Path(__file__).parents[4] / "experiments" / "export_benchmark"))

import sharp_detectors


def images(candidate: Candidate, count: int, *, seed: int) -> Iterator[Tensor]:
    """Blurred noise at the sizes that the network resizes to, each third half as wide again and a few pixels more."""
    rng = torch.Generator().manual_seed(seed)
    shorter, channels = candidate.architecture.resolution, candidate.architecture.in_channels
    for number in range(count):
        low = torch.rand(1, channels, 12, 16, generator=rng)
        longer = shorter * 3 // 2 + 5 if number % 3 == 2 else shorter
        yield functional.interpolate(low, (shorter, longer), mode="bicubic").clamp(0, 1)[0]


def sharp_source(candidate: Candidate, *, seed: int) -> DetectorSource:
    """A detector that finds clear things."""
    return sharp_detectors.sharp_source(candidate, images(candidate, 6, seed=seed + 1), seed=seed)

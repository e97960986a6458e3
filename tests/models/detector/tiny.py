"""A detector small enough to run in milliseconds."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from nars.models.detector import TwoStageDetector, build_detector
from nars.space.architecture import Architecture, Block, Detector, HeadStage, Stage, Stem
from nars.space.detection_recipe import DetectionRecipe
from nars.space.recipe import Recipe

B = Block(kernel=3, expansion=2)
TINY = Architecture(
    resolution=64,
    in_channels=3,
    num_classes=4,
    stem=Stem(width=8),
    stages=(
        Stage(width=16, depth=2, first=B, rest=B, stride=2),
        Stage(width=24, depth=2, first=B, rest=B, stride=2),
        Stage(width=32, depth=1, first=B, stride=2, squeeze_excite=True),
    ),
    head=None,
    detector=Detector(
        stride=8,
        mask=(
            HeadStage(width=16, depth=1, first=B, stride=2),
            HeadStage(width=16, depth=1, first=B, upsample=2),
            HeadStage(width=8, depth=1, first=B, upsample=2),
        ),
    ),
)
FPN = replace(TINY, detector=replace(TINY.detector, form="fpn", stride=4, roi_stride=8, rpn_stride=8, fpn_width=16))
SETTINGS = DetectionRecipe(anchor_sizes=(12, 24, 48), pre_nms_train=100, post_nms_train=50, roi_batch=32, rpn_batch=32)
PYRAMID = replace(SETTINGS, anchor_sizes=(8, 16, 24, 32))


def recipe(detector: DetectionRecipe = SETTINGS, **changes: object) -> Recipe:
    return Recipe(lr=0.1, momentum=0.9, batch_size=2, epochs=1, detector=detector, **changes)


def tiny(architecture: Architecture = TINY, *, norm: str = "BN", **settings: object) -> TwoStageDetector:
    """The tiny detector with some settings changed, always with the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        given = SETTINGS if architecture.detector.form == "c4" else PYRAMID
        return build_detector(architecture, recipe(replace(given, **settings), norm=norm), normalize=nn.Identity())


def batch(num_images: int = 2) -> tuple[list[Tensor], list[dict[str, Tensor]]]:
    """Random images with two objects each."""
    generator = torch.Generator().manual_seed(0)
    images = [torch.rand(3, 64, 64, generator=generator) for _ in range(num_images)]
    boxes = torch.tensor([[4.0, 6.0, 30.0, 28.0], [30.0, 20.0, 62.0, 60.0]])
    masks = torch.zeros(2, 64, 64, dtype=torch.uint8)
    masks[0, 6:28, 4:30] = 1
    masks[1, 20:60, 30:62] = 1
    return images, [{"boxes": boxes, "labels": torch.tensor([1, 3]), "masks": masks} for _ in images]


def losses(detector: TwoStageDetector) -> dict[str, float]:
    """Of the batch, with the same draws every time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return {name: loss.item() for name, loss in detector.train()(*batch()).items()}

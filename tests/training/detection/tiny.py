"""The smallest real detector, and a few scenes of digits."""

from dataclasses import replace
from functools import cache

import torch

from nars.data.detection import DetectionSplit
from nars.data.detection.digit_scenes import load_scenes
from nars.space.architecture import Architecture, Block, Detector, HeadStage, Stage, Stem
from nars.space.candidate import Candidate
from nars.space.data_spec import SceneSettings, SplitName
from nars.space.detection_recipe import DetectionRecipe
from nars.space.recipe import Recipe
from nars.training.detection.parts import DetectorParts, build_detector_parts
from nars.training.device import seeded

CPU = torch.device("cpu")
SCENES = SceneSettings(train=12, val=6, test=6, pixels=48)
_BLOCK = Block(kernel=3, expansion=2.0)
MASK_HEAD = (HeadStage(width=8, depth=1, first=_BLOCK, upsample=2),)

ARCHITECTURE = Architecture(
    resolution=48,
    in_channels=3,
    num_classes=10,
    stem=Stem(width=8, stride=4),
    stages=(Stage(width=16, depth=1, stride=2, first=_BLOCK),),
    head=None,
    detector=Detector(stride=8, rpn_stride=8, rpn_depth=1, box=(HeadStage(width=16, depth=1, stride=2, first=_BLOCK),)),
)
SETTINGS = DetectionRecipe(
    anchor_sizes=(16, 24), anchor_ratios=(1.0,), pre_nms_train=40, post_nms_train=20, pre_nms_test=20,
    post_nms_test=10, roi_batch=16, rpn_batch=32, mask_resolution=7, box_resolution=4,
)  # fmt: skip
RECIPE = Recipe(optimizer="adamw", lr=3e-3, batch_size=4, epochs=3, detector=SETTINGS)


@cache
def scenes(name: SplitName) -> DetectionSplit:
    """Scenes with masks."""
    return load_scenes(SCENES, name)


def candidate(*, with_masks: bool = False, detector: dict[str, object] | None = None, **settings: object) -> Candidate:
    """The tiny detector with changed settings of its recipe."""
    architecture = ARCHITECTURE
    if with_masks:
        assert architecture.detector is not None
        architecture = replace(architecture, detector=replace(architecture.detector, mask=MASK_HEAD))
    if settings.get("optimizer") == "sgd":
        settings = {"momentum": 0.9, **settings}
    recipe = replace(RECIPE, **settings, detector=replace(SETTINGS, **(detector or {})))
    return Candidate(architecture=architecture, recipe=recipe)


def parts(seed: int = 0, **settings: object) -> DetectorParts:
    """The built objects of a tiny run."""
    with seeded(seed):
        return build_detector_parts(candidate(**settings), scenes("train"), CPU)

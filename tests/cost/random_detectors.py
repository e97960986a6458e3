"""Random detectors that reach every branch of the detector's builder and formula."""

import dataclasses
from dataclasses import replace

import numpy as np

from nars.space.architecture import Detector, HeadStage
from nars.space.candidate import Candidate
from nars.space.detection_recipe import DetectionRecipe
from nars.space.recipe import Recipe
from tests.cost.random_architectures import random_architecture, random_stage


def random_detector(rng: np.random.Generator) -> Candidate:
    """Any detector, perhaps one that cannot be built."""
    fpn = bool(rng.random() < 0.5)
    trunk = random_architecture(rng)
    stages = tuple(
        replace(random_stage(rng), stride=int(rng.choice([1, 2], p=[0.3, 0.7]))) for _ in range(rng.integers(2, 6))
    )
    detector = Detector(
        form="fpn" if fpn else "c4",
        stride=int(rng.choice([4, 8])),
        roi_stride=int(rng.choice([8, 16])) if fpn and rng.random() < 0.5 else None,
        fpn_width=int(rng.choice([4, 12, 96])) if fpn else None,
        rpn_stride=int(rng.choice([4, 8])),
        rpn_depth=int(rng.integers(1, 4)) if rng.random() < 0.5 else None,
        box=random_head(rng, upsample=False) if rng.random() < 0.5 else None,
        mask=random_head(rng, upsample=True) if rng.random() < 0.6 else None,
    )
    recipe = DetectionRecipe(
        box_resolution=int(rng.integers(2, 8)),
        mask_resolution=int(rng.integers(2, 10)),
        anchor_sizes=tuple(range(8, 8 + int(rng.choice([1, 5, 12], p=[0.1, 0.1, 0.8])))),
        anchor_ratios=tuple(rng.choice([0.5, 1.0, 2.0], size=rng.integers(1, 4), replace=False).tolist()),
        post_nms_test=int(rng.integers(1, 40)),
        detections=int(rng.integers(1, 20)),
        max_test_size=int(rng.integers(20, 150)) if rng.random() < 0.7 else None,
    )
    architecture = replace(trunk, resolution=int(rng.integers(30, 120)), stages=stages, head=None, detector=detector)
    return Candidate(
        architecture=architecture, recipe=Recipe(lr=0.1, momentum=0.9, batch_size=1, epochs=1, detector=recipe)
    )


def random_head(rng: np.random.Generator, *, upsample: bool) -> tuple[HeadStage, ...]:
    stages = []
    for _ in range(rng.integers(1, 4)):
        stage = random_stage(rng)
        fields = {name: getattr(stage, name) for name in [f.name for f in dataclasses.fields(stage)]}
        enlarges = upsample and stage.stride == 1 and stage.block == "inverted_residual" and rng.random() < 0.6
        stages.append(HeadStage(**fields, upsample=2 if enlarges else 1))
    return tuple(stages)

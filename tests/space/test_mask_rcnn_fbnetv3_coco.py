"""The COCO space holds networks equal to the published detectors, and its file says its size."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from nars.cost.buildable import buildable_candidates
from nars.cost.constraints import excess
from nars.cost.formula import candidate_cost, cost_columns
from nars.models.detector import build_detector
from nars.models.detector.zoo import load_detector
from nars.space import Candidate, SearchSpace, Value, load_space

PATH = Path("search_spaces/mask_rcnn_fbnetv3_coco.yaml")
STAGES = "architecture.stages"
HEADS = "architecture.detector"
A_DSMASK: dict[str, Value] = {
    "architecture.resolution": 224,
    f"{STAGES}[0].depth": 1,
    f"{STAGES}[1].width": 32, f"{STAGES}[1].depth": 2, f"{STAGES}[1].first.kernel": 5,
    f"{STAGES}[1].rest.kernel": 5, f"{STAGES}[1].rest.expansion": 2.0,
    f"{STAGES}[2].width": 40, f"{STAGES}[2].depth": 4, f"{STAGES}[2].rest.kernel": 3, f"{STAGES}[2].squeeze_excite": False,
    f"{STAGES}[3].width": 72, f"{STAGES}[3].depth": 4, f"{STAGES}[3].rest.kernel": 3,
    f"{STAGES}[4].width": 112, f"{STAGES}[4].depth": 4, f"{STAGES}[4].rest.kernel": 5,
    f"{STAGES}[4].rest.expansion": 4.0, f"{STAGES}[4].squeeze_excite": False,
    f"{HEADS}.rpn_depth": 3,
    f"{HEADS}.box[0].width": 128, f"{HEADS}.box[0].depth": 3, f"{HEADS}.box[0].first.kernel": 3,
    f"{HEADS}.box[0].rest.expansion": 6.0, f"{HEADS}.box[0].squeeze_excite": False,
    f"{HEADS}.box[1].width": 160, f"{HEADS}.box[1].first.kernel": 3, f"{HEADS}.box[1].squeeze_excite": False,
    f"{HEADS}.mask[0].width": 128, f"{HEADS}.mask[0].depth": 3, f"{HEADS}.mask[0].rest.expansion": 6.0,
    f"{HEADS}.mask[1].width": 128, f"{HEADS}.mask[1].first.expansion": 6.0, f"{HEADS}.mask[2].width": 64,
}  # fmt: skip
A = A_DSMASK | {
    f"{STAGES}[0].depth": 2,
    f"{STAGES}[1].width": 24, f"{STAGES}[1].depth": 4, f"{STAGES}[1].rest.expansion": 3.0,
    f"{STAGES}[2].width": 32, f"{STAGES}[2].squeeze_excite": True,
    f"{STAGES}[3].width": 64,
    f"{STAGES}[4].depth": 6, f"{STAGES}[4].rest.expansion": 3.0, f"{STAGES}[4].squeeze_excite": True,
    f"{HEADS}.rpn_depth": 5,
    f"{HEADS}.box[0].width": 184, f"{HEADS}.box[0].depth": 5, f"{HEADS}.box[0].first.kernel": 5,
    f"{HEADS}.box[0].rest.expansion": 4.0, f"{HEADS}.box[0].squeeze_excite": True,
    f"{HEADS}.box[1].width": 200, f"{HEADS}.box[1].first.kernel": 5, f"{HEADS}.box[1].squeeze_excite": True,
}  # fmt: skip
RECIPE: dict[str, Value] = {
    "recipe.lr": 0.16, "recipe.weight_decay": 1e-4, "recipe.warmup": 0.005, "recipe.schedule": "cosine",
    "recipe.ema": 0.9998, "recipe.crop": 1.0, "recipe.norm": "naiveSyncBN", "recipe.weights": "none",
    "recipe.detector.box_resolution": 6, "recipe.detector.mask_resolution": 14,
    "recipe.detector.anchor_sizes": (32, 64, 96, 128, 160), "recipe.detector.rpn_iou_low": 0.3,
    "recipe.detector.rpn_iou_high": 0.7, "recipe.detector.roi_iou": 0.5, "recipe.detector.roi_batch": 512,
    "recipe.detector.post_nms_train": 2000, "recipe.detector.rpn_nms": 0.7, "recipe.detector.scale_low": 1.0,
    "recipe.detector.scale_high": 1.0, "recipe.detector.box_weight": 1.0, "recipe.detector.mask_weight": 1.0,
}  # fmt: skip


def coco_space() -> SearchSpace:
    return load_space(PATH)


@pytest.mark.parametrize(("name", "values"), [("a_dsmask", A_DSMASK), ("a", A)])
def test_the_published_detectors_are_in_the_space(name: str, values: dict[str, Value]) -> None:
    space, published = coco_space(), load_detector(f"mask_rcnn_fbnetv3_{name}_c4")
    candidate = space.candidate(values | RECIPE)
    codes_NK = space.encode([candidate])
    assert space.decode(codes_NK) == [candidate]
    assert candidate_cost(candidate) == candidate_cost(published)
    # The divisions into stages differ, the arrays do not.
    with torch.device("meta"):
        found, expected = (
            [
                tuple(array.shape)
                for array in build_detector(c.architecture, c.recipe, normalize=nn.Identity()).parameters()
            ]
            for c in (candidate, published)
        )
    assert found == expected
    costs = cost_columns(space.columns(codes_NK))
    assert all((excess(constraint, costs) == 0).all() for constraint in space.constraints)
    settings, theirs = candidate.recipe.detector, published.recipe.detector
    assert settings == theirs
    changed = {"epochs": candidate.recipe.epochs, "warmup": candidate.recipe.warmup}
    assert replace(published.recipe, **changed) == candidate.recipe


def test_its_file_opens_with_its_exact_size() -> None:
    size = coco_space().size
    opening = " ".join(line.removeprefix("#").strip() for line in PATH.read_text().splitlines()[:5])
    assert f"Size: {size.architectures:,} architectures x {size.recipes:,} recipes, times two continuous" in opening


def test_every_detector_can_be_built() -> None:
    space = coco_space()
    codes_NK = space.sample_codes(3000, rng=np.random.default_rng(1))
    assert buildable_candidates(space.columns(codes_NK)).all()


def test_codes_give_the_costs_of_candidates() -> None:
    space = coco_space()
    codes_NK = space.sample_codes(20, rng=np.random.default_rng(2))
    macs_N = cost_columns(space.columns(codes_NK)).macs_N
    candidates: list[Candidate] = space.decode(codes_NK)
    assert macs_N.tolist() == [candidate_cost(candidate).macs for candidate in candidates]

"""The same numbers give the same features in d2go's trunks and in ours."""

import copy
import importlib.util
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from nars.models.trunk import trunk_ends
from nars.models.zoo import known_networks, load_network
from nars.space.architecture import Architecture
from tests.models.same_logits import difference, made_equal

HAS_D2GO = all(importlib.util.find_spec(name) is not None for name in ("d2go", "detectron2", "mobile_cv"))
NAMES = {  # ours: d2go's
    "d2go_fbnetv3_a": "FBNetV3_A",
    "d2go_fbnetv3_a_dsmask": "FBNetV3_A_dsmask",
    "d2go_fbnetv3_a_no_se": "FBNetV3_A_no_se",
    "d2go_fbnetv3_b": "FBNetV3_B",
    "d2go_fbnetv3_b_light_no_se": "FBNetV3_B_light_no_se",
    "d2go_fbnetv3_b_no_se": "FBNetV3_B_no_se",
    "d2go_fbnetv3_c": "FBNetV3_C",
    "d2go_fbnetv3_d": "FBNetV3_D",
    "d2go_fbnetv3_dsmask_tiny": "FBNetV3_A_dsmask_tiny",
    "d2go_fbnetv3_e": "FBNetV3_E",
    "d2go_fbnetv3_f": "FBNetV3_F",
    "d2go_fbnetv3_g": "FBNetV3_G",
    "d2go_fbnetv3_h": "FBNetV3_H",
}
needs_d2go = pytest.mark.skipif(not HAS_D2GO, reason="d2go, detectron2 or mobile_cv is not installed")


def test_every_trunk_is_compared() -> None:
    assert sorted(NAMES) == [name for name in known_networks() if name.startswith("d2go_")]


@needs_d2go
@pytest.mark.filterwarnings("ignore")  # of its imports
@pytest.mark.parametrize("name", NAMES)
def test_features_are_d2gos(name: str) -> None:
    found = differences(load_network(name), d2go_trunk(NAMES[name]))
    shown = ", ".join(f"{largest:.2g}" for largest in found)
    print(f"{NAMES[name]}: largest differences of trunk0 to trunk4: {shown}")  # noqa: T201  # the figures: pytest -s
    assert max(found) < 1e-4


@needs_d2go
@pytest.mark.filterwarnings("ignore")  # of its imports
def test_another_gate_would_show() -> None:
    ours = load_network("d2go_fbnetv3_a")
    hard = replace(ours, style=replace(ours.style, se_gate="hard_sigmoid"))
    found = differences(hard, d2go_trunk("FBNetV3_A"))
    assert max(found[:2]) < 1e-4, "the first squeeze-excite is in trunk2"
    assert min(found[2:]) > 1e-2


def differences(architecture: Architecture, reference: nn.Sequential) -> list[float]:
    """Largest difference of each of the features that a detector may read."""
    ours, images = made_equal(architecture, reference)
    ends = trunk_ends(architecture)
    assert len(ends) == len(reference)
    found, x, y = [], images, images
    with torch.no_grad():
        x = ours.stem(x)
        for index, stage in enumerate(ours.stages):
            x = stage(x)
            if index in ends:
                y = reference[ends.index(index)](y)
                found.append(difference(x, y))
    return found


def d2go_trunk(name: str) -> nn.Sequential:
    """All five stages of a model definition, built as d2go builds the backbone of its detectors.

    Its own names of architectures have four stages or five, so that the stages are given to it as a custom one.
    """
    from d2go.modeling.backbone.fbnet_v2 import build_fbnet
    from d2go.modeling.modeldef import modeldef

    definition = {"trunk": copy.deepcopy(getattr(modeldef, name)), "basic_args": dict(modeldef._BASIC_ARGS)}
    settings = SimpleNamespace(
        ARCH="", ARCH_DEF=[definition], NORM="naiveSyncBN", NORM_ARGS=[], SCALE_FACTOR=1.0, WIDTH_DIVISOR=8
    )
    trunk, _ = build_fbnet(SimpleNamespace(MODEL=SimpleNamespace(FBNET_V2=settings)), "trunk", in_channels=3)
    return trunk

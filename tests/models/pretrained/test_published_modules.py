"""Checkpoints written by the real modules of timm, mobile-vision and d2go give the same outputs in our networks."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from nars.models.classifier import build_network
from nars.models.pretrained import load_weights, read_weights
from nars.models.zoo import load_network
from nars.space.architecture import Architecture
from tests.models.pretrained.checkpoints import DSMASK
from tests.models.same_logits import random_images, randomise

HAS_TIMM = importlib.util.find_spec("timm") is not None
HAS_MOBILE_VISION = importlib.util.find_spec("mobile_cv") is not None

needs_mobile_vision = pytest.mark.skipif(not HAS_MOBILE_VISION, reason="mobile_cv is not installed")


def difference(architecture: Architecture, reference: nn.Module, source: Path) -> float:
    """Largest difference of a logit after our network took the reference's checkpoint, whole."""
    images = random_images(architecture)
    ours = build_network(architecture).eval()
    report = load_weights(ours, read_weights(str(source)), inherit=False)
    assert len(report.loaded) == len(ours.state_dict())
    with torch.no_grad():
        found, expected = ours(images), reference.eval()(images).flatten(1)
    assert (expected[0] - expected[1]).std() > 0.05, "the image must move the logits"
    largest = (found - expected).abs().max().item()
    print(f"{source.name}: {report.counts}; largest difference {largest:.2g}")  # noqa: T201  # shown by pytest -s
    return largest


@pytest.mark.skipif(not HAS_TIMM, reason="timm is not installed")
@pytest.mark.parametrize(
    ("letter", "ending"),
    [
        ("b", "pth"),
        pytest.param("d", "safetensors", marks=pytest.mark.slow),
        pytest.param("g", "pth", marks=pytest.mark.slow),
    ],
)
def test_timm(tmp_path: Path, letter: str, ending: str) -> None:
    import timm

    architecture = replace(load_network(f"timm_fbnetv3_{letter}"), resolution=128)
    reference = timm.create_model(f"fbnetv3_{letter}", pretrained=False)
    randomise(reference, random_images(architecture))
    path = tmp_path / f"fbnetv3_{letter}.{ending}"
    if ending == "pth":
        torch.save(reference.state_dict(), path)
    else:
        safetensors.torch.save_file(reference.state_dict(), path)
    assert difference(architecture, reference, path) < 1e-4


@needs_mobile_vision
@pytest.mark.filterwarnings("ignore")  # of its imports
@pytest.mark.parametrize("letter", ["A0", "A", "B", "C", "D", "E", "F", "G", "20G"])
def test_mobile_vision(tmp_path: Path, letter: str) -> None:
    from mobile_cv.model_zoo.models.fbnet_v2 import fbnet

    architecture = replace(load_network(f"fbnetv3_{letter.lower()}"), resolution=128)
    reference = fbnet(f"FBNetV3_{letter}", pretrained=False)
    randomise(reference, random_images(architecture))
    # as its training writes a checkpoint and its loader reads one: the average, behind a wrapper's prefix
    averaged = {f"module.{name}": array for name, array in reference.state_dict().items()}
    other = {name: torch.zeros_like(array) for name, array in averaged.items()}
    path = tmp_path / f"FBNetV3_{letter}.pth"
    torch.save({"state_dict": other, "model_ema": averaged, "epoch": 3}, path)
    assert difference(architecture, reference, path) < 1e-4


class Detector(nn.Module):
    """Modules where a d2go detector has them; the trunk and a head of its blocks, built by mobile-vision's builder."""

    def __init__(self) -> None:
        from mobile_cv.arch.fbnet_v2 import fbnet_builder

        super().__init__()
        options = {"dw_skip_bnrelu": True}
        trunk = [
            [("conv_k3", 16, 2, 1), ("ir_k3", 16, 1, 1, {"expansion": 1}, options)],
            [("ir_k5", 32, 2, 1, {"expansion": 4}, options), ("ir_k5", 32, 1, 1, {"expansion": 2}, options)],
            [("ir_k5", 40, 2, 1, {"expansion": 4}, options), ("ir_k3", 40, 1, 3, {"expansion": 3}, options)],
            [
                ("ir_k5", 72, 2, 1, {"expansion": 4}, options),
                ("ir_k3", 72, 1, 3, {"expansion": 3}, options),
                ("ir_k5", 112, 1, 1, {"expansion": 4}, options),
                ("ir_k5", 112, 1, 3, {"expansion": 4}, options),
            ],
        ]
        builder = fbnet_builder.FBNetBuilder(width_ratio=1.0, width_divisor=8, bn_args={"name": "naiveSyncBN"})
        builder.last_depth = 3
        blocks = fbnet_builder.unify_arch_def({"trunk": trunk}, ["trunk"])["trunk"]
        stages = [builder.build_blocks(blocks, stage_indices=[i], prefix_name="fbnetv2_") for i in range(len(trunk))]
        body = nn.ModuleDict({f"trunk{index}": stage for index, stage in enumerate(stages)})
        self.backbone = nn.ModuleDict({"body": body})
        head = builder.build_blocks(blocks[-2:], stage_indices=[3], prefix_name="fbnetv2_")
        self.roi_heads = nn.ModuleDict({"box_head": nn.ModuleDict({"roi_box_conv": nn.Sequential(head)})})

    def forward(self, images: Tensor) -> Tensor:
        for stage in self.backbone["body"].values():
            images = stage(images)
        return images


@needs_mobile_vision
@pytest.mark.filterwarnings("ignore")  # of its imports
def test_d2go_trunk(tmp_path: Path) -> None:
    images = random_images(DSMASK)
    reference = Detector()
    randomise(reference, images)
    state = reference.state_dict()
    other = {name: torch.zeros_like(array) for name, array in state.items()}
    torch.save({"model": other, "ema_state": state, "iteration": 9}, tmp_path / "model_final.pth")
    trunk = build_network(DSMASK).eval()
    report = load_weights(trunk, read_weights(str(tmp_path / "model_final.pth")), inherit=False)
    assert report.family == "d2go"
    assert report.loaded == tuple(trunk.state_dict())
    assert report.skipped
    assert all(name.startswith("roi_heads.") for name in report.skipped)
    with torch.no_grad():
        largest = (trunk(images) - reference.eval()(images)).abs().max().item()
    print(f"d2go: {report.counts}; largest difference {largest:.2g}")  # noqa: T201  # shown by pytest -s
    assert largest < 1e-4

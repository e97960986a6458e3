"""Arrays with d2go's names in our detectors."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from nars.errors import ModelError
from nars.models.detector import TwoStageDetector, build_detector
from nars.models.detector.zoo import load_detector
from nars.models.pretrained import load_weights, read_weights
from nars.models.pretrained.catalog import published_weights
from nars.models.trunk import build_trunk

PARTS = {
    "expand.conv": "pw.conv", "expand.norm": "pw.bn", "depthwise.conv": "dw.conv", "squeeze_excite.reduce": "se.se.0.conv",
    "squeeze_excite.expand": "se.se.1", "project.conv": "pwl.conv", "project.norm": "pwl.bn",
}  # fmt: skip
OUTPUTS = {
    "rpn.head.objectness": "proposal_generator.rpn_head.rpn_regressor.cls_logits",
    "rpn.head.deltas": "proposal_generator.rpn_head.rpn_regressor.bbox_pred",
    "roi_heads.box_head.classes": "roi_heads.box_predictor.cls_score",
    "roi_heads.box_head.deltas": "roi_heads.box_predictor.bbox_pred",
    "roi_heads.mask_head.masks": "roi_heads.mask_head.predictor.mask_fcn_logits",
}
STAGES = {
    "rpn.head": "proposal_generator.rpn_head.rpn_feature.0",
    "roi_heads.box_head": "roi_heads.box_head.roi_box_conv.0",
    "roi_heads.mask_head": "roi_heads.mask_head.feature_extractor.0",
}
TRUNK_GROUPS = {0: (0, 1), 1: (1, 0), 2: (2, 0), 3: (3, 0), 4: (3, 4), 5: (4, 0), 6: (4, 5)}
"""Of d2go's A: group, and number of the first block in it, of each of our stages."""


def built(name: str, **changes: object) -> TwoStageDetector:
    candidate = load_detector(name)
    return build_detector(replace(candidate.architecture, **changes), candidate.recipe, normalize=nn.Identity())


def named_as_d2go(detector: TwoStageDetector, groups: dict[int, tuple[int, int]]) -> dict[str, Tensor]:
    """The arrays of a C4 detector under the names that d2go gives them."""
    renamed = {}
    for name, array in detector.state_dict().items():
        layer, _, kind = name.rpartition(".")
        if layer in OUTPUTS:
            renamed[f"{OUTPUTS[layer]}.{kind}"] = array
        elif found := re.fullmatch(r"(.+)\.stages\.(\d+)\.(\d+)\.branch\.(.+)", layer):
            part, stage, number = found[1], int(found[2]), int(found[3])
            if part == "backbone":
                group, first = groups[stage]
                place = f"backbone.body.trunk{group}.fbnetv2_{group}_{first + number}"
            else:
                stages = dict(detector.named_modules())[f"{part}.stages"]
                place = f"{STAGES[part]}.fbnetv2_0_{sum(len(s) for s in stages[:stage]) + number}"
            renamed[f"{place}.{PARTS[found[4]]}.{kind}"] = array
        else:
            assert layer.startswith("backbone.stem."), name
            renamed[f"backbone.body.trunk0.fbnetv2_0_0.{layer[-4:].replace('norm', 'bn')}.{kind}"] = array
    return renamed


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TwoStageDetector]:
    """The published Mask R-CNN with new weights, as d2go saves it."""
    path = tmp_path_factory.mktemp("weights") / "model.pth"
    detector = built("mask_rcnn_fbnetv3_a_dsmask_c4")
    torch.save({"model": named_as_d2go(detector, TRUNK_GROUPS)}, path)
    return path, detector


def test_trunk_and_heads_are_loaded_whole(checkpoint: tuple[Path, TwoStageDetector]) -> None:
    path, given = checkpoint
    own = built("mask_rcnn_fbnetv3_a_dsmask_c4")
    report = load_weights(own, read_weights(str(path)), inherit=False)
    assert (report.family, report.new, report.reshaped, report.skipped) == ("d2go", (), (), ())
    for name, array in own.state_dict().items():
        assert torch.equal(array, given.state_dict()[name]), name


def test_weights_are_found_by_their_published_name(
    checkpoint: tuple[Path, TwoStageDetector], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NARS_WEIGHTS", str(tmp_path))
    place = tmp_path / f"{published_weights('FBNetV3a-DSMask-C4 COCO').name}.pth"
    place.parent.mkdir(parents=True)
    place.write_bytes(checkpoint[0].read_bytes())
    own = built("mask_rcnn_fbnetv3_a_dsmask_c4")
    report = load_weights(own, read_weights("FBNetV3a-DSMask-C4 COCO"), inherit=False)
    assert len(report.loaded) == len(own.state_dict())


def test_another_number_of_classes_keeps_its_own_outputs(checkpoint: tuple[Path, TwoStageDetector]) -> None:
    own = built("mask_rcnn_fbnetv3_a_dsmask_c4", num_classes=3)
    report = load_weights(own, read_weights(str(checkpoint[0])), inherit=False)
    heads = ("box_head.classes", "box_head.deltas", "mask_head.masks")
    assert report.new == tuple(f"roi_heads.{head}.{kind}" for head in heads for kind in ("weight", "bias"))


def test_a_detector_without_masks_takes_the_rest_only_when_asked(checkpoint: tuple[Path, TwoStageDetector]) -> None:
    own = built("faster_rcnn_fbnetv3_a_dsmask_c4")
    with pytest.raises(ModelError, match=r"mask_head.* given, which the network has not"):
        load_weights(own, read_weights(str(checkpoint[0])), inherit=False)
    assert load_weights(own, read_weights(str(checkpoint[0])), inherit=True).new == ()


def test_a_saved_detector_is_loaded_again(tmp_path: Path) -> None:
    torch.save(built("faster_rcnn_fbnetv3_a_dsmask_c4").state_dict(), tmp_path / "own.pth")
    report = load_weights(
        built("faster_rcnn_fbnetv3_a_dsmask_c4"), read_weights(str(tmp_path / "own.pth")), inherit=False
    )
    assert (report.family, report.new) == ("NARS", ())


def test_a_trunk_alone_goes_below_new_heads(tmp_path: Path) -> None:
    architecture = load_detector("faster_rcnn_fbnetv3_a_dsmask_c4").architecture
    torch.save(build_trunk(replace(architecture, detector=None)).state_dict(), tmp_path / "trunk.pth")
    own = built("faster_rcnn_fbnetv3_a_dsmask_c4")
    report = load_weights(own, read_weights(str(tmp_path / "trunk.pth")), inherit=True)
    assert all(name.startswith("backbone.") for name in report.loaded)
    assert all(name.startswith(("rpn.", "roi_heads.")) for name in report.new)
    assert report.skipped == ()

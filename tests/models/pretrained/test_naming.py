"""The names that each program gives its arrays, written out as those programs print them."""

import pytest
import torch
from torch import Tensor

from nars.errors import ModelError
from nars.models.pretrained import Weights
from nars.models.pretrained.naming import recognise
from tests.models.pretrained.checkpoints import network

TIMM = {
    "conv_stem": "stem.conv",
    "bn1": "stem.norm",
    "blocks.0.0.conv_dw": "stages.0.0.branch.depthwise.conv",
    "blocks.0.0.bn1": "stages.0.0.branch.depthwise.norm",
    "blocks.0.0.conv_pw": "stages.0.0.branch.project.conv",
    "blocks.0.0.bn2": "stages.0.0.branch.project.norm",
    "blocks.1.0.conv_pw": "stages.1.0.branch.expand.conv",
    "blocks.1.0.bn1": "stages.1.0.branch.expand.norm",
    "blocks.1.0.conv_dw": "stages.1.0.branch.depthwise.conv",
    "blocks.1.0.bn2": "stages.1.0.branch.depthwise.norm",
    "blocks.1.0.se.conv_reduce": "stages.1.0.branch.squeeze_excite.reduce",
    "blocks.1.0.se.conv_expand": "stages.1.0.branch.squeeze_excite.expand",
    "blocks.1.0.conv_pwl": "stages.1.0.branch.project.conv",
    "blocks.1.0.bn3": "stages.1.0.branch.project.norm",
    "blocks.1.1.conv_pw": "stages.1.1.branch.expand.conv",
    "blocks.1.1.bn1": "stages.1.1.branch.expand.norm",
    "blocks.1.1.conv_dw": "stages.1.1.branch.depthwise.conv",
    "blocks.1.1.bn2": "stages.1.1.branch.depthwise.norm",
    "blocks.1.1.se.conv_reduce": "stages.1.1.branch.squeeze_excite.reduce",
    "blocks.1.1.se.conv_expand": "stages.1.1.branch.squeeze_excite.expand",
    "blocks.1.1.conv_pwl": "stages.1.1.branch.project.conv",
    "blocks.1.1.bn3": "stages.1.1.branch.project.norm",
    "blocks.2.0.conv": "head.expand.conv",
    "blocks.2.0.bn1": "head.expand.norm",
    "conv_head": "head.features.conv",
    "classifier": "head.classifier",
}
MOBILE_VISION = {
    "backbone.stages.xif0_0.conv": "stem.conv",
    "backbone.stages.xif0_0.bn": "stem.norm",
    "backbone.stages.xif1_0.dw.conv": "stages.0.0.branch.depthwise.conv",
    "backbone.stages.xif1_0.dw.bn": "stages.0.0.branch.depthwise.norm",
    "backbone.stages.xif1_0.pwl.conv": "stages.0.0.branch.project.conv",
    "backbone.stages.xif1_0.pwl.bn": "stages.0.0.branch.project.norm",
    "backbone.stages.xif2_0.pw.conv": "stages.1.0.branch.expand.conv",
    "backbone.stages.xif2_0.pw.bn": "stages.1.0.branch.expand.norm",
    "backbone.stages.xif2_0.dw.conv": "stages.1.0.branch.depthwise.conv",
    "backbone.stages.xif2_0.dw.bn": "stages.1.0.branch.depthwise.norm",
    "backbone.stages.xif2_0.se.se.0.conv": "stages.1.0.branch.squeeze_excite.reduce",
    "backbone.stages.xif2_0.se.se.1": "stages.1.0.branch.squeeze_excite.expand",
    "backbone.stages.xif2_0.pwl.conv": "stages.1.0.branch.project.conv",
    "backbone.stages.xif2_0.pwl.bn": "stages.1.0.branch.project.norm",
    "backbone.stages.xif2_1.pw.conv": "stages.1.1.branch.expand.conv",
    "backbone.stages.xif2_1.pw.bn": "stages.1.1.branch.expand.norm",
    "backbone.stages.xif2_1.dw.conv": "stages.1.1.branch.depthwise.conv",
    "backbone.stages.xif2_1.dw.bn": "stages.1.1.branch.depthwise.norm",
    "backbone.stages.xif2_1.se.se.0.conv": "stages.1.1.branch.squeeze_excite.reduce",
    "backbone.stages.xif2_1.se.se.1": "stages.1.1.branch.squeeze_excite.expand",
    "backbone.stages.xif2_1.pwl.conv": "stages.1.1.branch.project.conv",
    "backbone.stages.xif2_1.pwl.bn": "stages.1.1.branch.project.norm",
    "backbone.stages.xif3_0.pw.conv": "head.expand.conv",
    "backbone.stages.xif3_0.pw.bn": "head.expand.norm",
    "backbone.stages.xif3_0.pwl.conv": "head.features.conv",
    "head.conv": "head.classifier",
}
TRUNKS = ("backbone.body.", "backbone.bottom_up.", "")
"""Of d2go's C4 and FPN detectors, and of a trunk alone."""


def written(table: dict[str, str]) -> dict[str, Tensor]:
    """The small network's arrays under the names that a table gives its modules."""
    names = {ours: theirs for theirs, ours in table.items()}
    arrays = {}
    for name, array in network().state_dict().items():
        module, _, last = name.rpartition(".")
        if module in names:
            arrays[f"{names[module]}.{last}"] = array
    return arrays


def d2go(prefix: str) -> dict[str, str]:
    """mobile-vision's blocks as d2go's trunk calls them: the stem is a block of the first stage."""
    blocks = {"xif0_0": "0_0", "xif1_0": "0_1", "xif2_0": "1_0", "xif2_1": "1_1"}
    table = {}
    for theirs, ours in MOBILE_VISION.items():
        block, _, part = theirs.removeprefix("backbone.stages.").partition(".")
        if block in blocks and not ours.startswith("head"):
            table[f"{prefix}trunk{blocks[block][0]}.fbnetv2_{blocks[block]}.{part}"] = ours
    return table


def named(arrays: dict[str, Tensor], weights_of) -> tuple[str, dict[str, str]]:
    found = recognise(weights_of(arrays), (1, 2))
    return found.family, dict(found.names)


@pytest.fixture
def weights_of(tmp_path):
    def make(arrays: dict[str, Tensor]) -> Weights:
        return Weights(source="x", path=tmp_path / "x.pth", sha256="0" * 64, arrays=arrays)

    return make


@pytest.mark.parametrize(("family", "table"), [("timm", TIMM), ("mobile-vision", MOBILE_VISION)])
def test_every_array_of_a_classifier_is_found_by_its_name(family: str, table: dict[str, str], weights_of) -> None:
    arrays = written(table)
    assert len(arrays) == len(network().state_dict())
    shuffled = dict(sorted(arrays.items(), key=lambda item: hash(item[0])))  # order says nothing
    found, names = named(shuffled, weights_of)
    assert found == family
    assert names.keys() == network().state_dict().keys()
    for ours, theirs in names.items():
        assert table[theirs.rpartition(".")[0]] == ours.rpartition(".")[0]
        assert theirs.rpartition(".")[2] == ours.rpartition(".")[2]


@pytest.mark.parametrize("prefix", TRUNKS)
def test_of_a_detector_the_trunk_alone_is_named(prefix: str, weights_of) -> None:
    trunk = written(d2go(prefix))
    heads = {
        "proposal_generator.rpn_head.rpn_feature.0.fbnetv2_0_0.pw.conv.weight": torch.zeros(8, 8, 1, 1),
        "roi_heads.box_head.roi_box_conv.0.fbnetv2_0_0.pw.conv.weight": torch.zeros(8, 8, 1, 1),
        "roi_heads.mask_head.predictor.mask_fcn_logits.weight": torch.zeros(80, 8, 1, 1),
        "pixel_mean": torch.zeros(3),
    }
    family, names = named({**heads, **trunk}, weights_of)
    assert family == "d2go"
    assert names.keys() == {name for name in network().state_dict() if not name.startswith("head")}
    assert set(names.values()) == trunk.keys()


@pytest.mark.parametrize("prefix", ["", "classifier."])
def test_our_own_names_with_and_without_the_normalised_input(prefix: str, weights_of) -> None:
    own = network().state_dict()
    arrays = {"normalize.mean": torch.zeros(3)} if prefix else {}
    arrays |= {f"{prefix}{name}": array for name, array in own.items()}
    assert named(arrays, weights_of) == ("NARS", {name: f"{prefix}{name}" for name in own})


def test_an_unknown_part_of_a_block_fits_nowhere_unnoticed(weights_of) -> None:
    arrays = written(TIMM) | {"blocks.1.0.conv_new.weight": torch.zeros(1)}
    assert "stages.1.0.branch.conv_new.weight" in recognise(weights_of(arrays), (1, 2)).names


def test_nobodys_names(weights_of) -> None:
    with pytest.raises(ModelError, match=r"x.pth: its arrays must have the names of NARS, .*, got layer1.weight"):
        recognise(weights_of({"layer1.weight": torch.zeros(1)}), ())

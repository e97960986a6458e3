"""d2go's words for detectors; that d2go builds the same network of them was seen by hand with d2go f4ac1567."""

from dataclasses import replace

import pytest

from nars.errors import BundleError
from nars.exports.formats.detectors.d2go import d2go_definition
from nars.models.detector.zoo import load_detector
from tests.training.detection.tiny import candidate


def layers(found):
    """Without the arguments that all layers share."""
    return [[(name, width, stride, depth, args["expansion"]) for name, width, stride, depth, args in stage] for stage in found]  # fmt: skip


def test_the_published_network_is_told_as_d2go_has_it():
    # reference/fbnetv3.md sections 3.1 and 3.2: FBNetV3_A_dsmask, SMALL_BOX and SMALL_DS_UPSAMPLE
    trunk, rpn, bbox, mask, basic = d2go_definition(load_detector("mask_rcnn_fbnetv3_a_dsmask_c4"))
    stem, *first = trunk["trunk"][0]
    assert stem == ["conv_k3", 16, 2, 1, {"bias": True, "relu_args": "relu"}]
    assert layers([first, *trunk["trunk"][1:]]) == [
        [("ir_k3", 16, 1, 1, 1)],
        [("ir_k5", 32, 2, 1, 4), ("ir_k5", 32, 1, 1, 2)],
        [("ir_k5", 40, 2, 1, 4), ("ir_k3", 40, 1, 3, 3)],
        [("ir_k5", 72, 2, 1, 4), ("ir_k3", 72, 1, 3, 3), ("ir_k5", 112, 1, 1, 4), ("ir_k5", 112, 1, 3, 4)],
    ]
    assert sum(layer[3] for layer in rpn["rpn"][0]) == 3
    # two blocks of one layer are two layers of one block here
    twice = [("ir_k3", 128, 1, 1, 6)] * 2
    assert layers(bbox["bbox"]) == [[("ir_k3", 128, 2, 1, 4), *twice, ("ir_k3", 160, 1, 1, 6)]]
    assert layers(mask["mask"]) == [
        [("ir_k3", 128, 2, 1, 4), *twice, ("ir_k3", 128, -2, 1, 6), ("ir_k3", 64, -2, 1, 3)]
    ]
    assert basic["basic_args"] == {"dw_skip_bnrelu": True, "zero_last_bn_gamma": False}
    assert all(layer[4]["less_se_channels"] is False for layer in trunk["trunk"][2])


def test_the_gate_of_a_squeeze_excite_is_named():
    trunk, *_ = d2go_definition(load_detector("mask_rcnn_fbnetv3_a_c4"))
    assert {layer[0] for layer in trunk["trunk"][2]} == {"ir_k5_se", "ir_k3_se"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kernel": 7}, "have kernels of 3 or 5, got 7"),
        ({"groups": 2}, "with a depthwise convolution, got another"),
    ],
)
def test_what_d2go_has_no_word_for_is_named(change, message):
    given = candidate()
    (stage,) = given.architecture.stages
    stage = replace(stage, first=replace(stage.first, **change))
    with pytest.raises(BundleError, match=message):
        d2go_definition(replace(given, architecture=replace(given.architecture, stages=(stage,))))

"""The published detectors against d2go's own figures (reference/fbnetv3.md section 3.2)."""

import pytest

from nars.cost.detector_formula import detector_parts
from nars.cost.formula import candidate_cost
from nars.errors import ModelError
from nars.models.detector.zoo import known_detectors, load_detector
from nars.space.detector_columns import candidate_columns

PARAMS = {  # trunk, FPN, RPN, box head, mask head, total without and with masks
    "a_c4": (972_960, 0, 729_075, 3_604_673, 811_920, 5_306_708, 6_118_628),
    "a_dsmask_c4": (579_680, 0, 346_491, 817_841, 811_920, 1_744_012, 2_555_932),
    "g_fpn": (18_302_512, 661_504, 197_903, 15_050_577, 1_098_064, 34_212_496, 35_310_560),
}


@pytest.mark.parametrize("name", PARAMS)
@pytest.mark.parametrize("kind", ["faster", "mask"])
def test_params_are_the_published_ones(kind: str, name: str) -> None:
    candidate = load_detector(f"{kind}_rcnn_fbnetv3_{name}")
    trunk, fpn, rpn, box, mask, boxes_only, whole = PARAMS[name]
    parts = detector_parts(candidate_columns([candidate]))
    assert parts.trunk.params_N == trunk
    assert (0 if parts.fpn is None else parts.fpn.params_N) == fpn
    assert parts.rpn.params_N == rpn
    assert parts.box.params_N == box
    assert (0 if parts.mask is None else parts.mask.params_N) == (mask if kind == "mask" else 0)
    assert candidate_cost(candidate).params == (whole if kind == "mask" else boxes_only)


def test_every_published_detector_is_compared() -> None:
    assert set(known_detectors()) == {f"{kind}_rcnn_fbnetv3_{name}" for kind in ("faster", "mask") for name in PARAMS}


@pytest.mark.parametrize(
    ("name", "trunk", "box", "mask"), [("a", 326.9e6, 18.6e6, 89.8e6), ("a_dsmask", 288.5e6, 8.1e6, 89.8e6)]
)
def test_macs_are_the_published_ones(name: str, trunk: float, box: float, mask: float) -> None:
    """At 224 x 320 pixels; of the heads, a region's."""
    candidate = load_detector(f"mask_rcnn_fbnetv3_{name}_c4")
    parts = detector_parts(candidate_columns([candidate]))
    assert parts.trunk.macs_N[0] == pytest.approx(trunk, abs=0.05e6)
    assert parts.box.macs_N[0] / 30 == pytest.approx(box, abs=0.05e6)
    stages = parts.mask.macs_N[0] / 100 - 64 * 80 * 28**2  # the published figure is without the last 1x1
    assert stages == pytest.approx(mask, abs=0.05e6)


def test_unknown_detector_names_the_nearest() -> None:
    with pytest.raises(ModelError, match="did you mean 'mask_rcnn_fbnetv3_g_fpn'"):
        load_detector("mask_rcnn_fbnetv3_g_fbn")

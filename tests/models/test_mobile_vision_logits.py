"""The same numbers give the same logits in mobile-vision's networks and in ours."""

import importlib.util

import pytest

from nars.models.zoo import load_network
from tests.models.same_logits import largest_difference

HAS_MOBILE_VISION = importlib.util.find_spec("mobile_cv") is not None


@pytest.mark.skipif(not HAS_MOBILE_VISION, reason="mobile_cv is not installed")
@pytest.mark.filterwarnings("ignore")  # of its imports
@pytest.mark.parametrize("letter", ["A0", "A", "B", "C", "D", "E", "F", "G", "20G"])
def test_logits_are_mobile_visions(letter: str) -> None:
    from mobile_cv.model_zoo.models.fbnet_v2 import fbnet

    reference = fbnet(f"FBNetV3_{letter}", pretrained=False)
    difference = largest_difference(load_network(f"fbnetv3_{letter.lower()}"), reference)
    print(f"FBNetV3_{letter}: largest difference {difference:.2g}")  # noqa: T201  # the figure itself: pytest -s
    assert difference < 1e-4

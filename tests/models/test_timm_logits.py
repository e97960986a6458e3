"""The same numbers give the same logits in timm's networks and in ours."""

from dataclasses import replace

import pytest

from nars.models.zoo import load_network
from tests.models.same_logits import largest_difference

timm = pytest.importorskip("timm")


@pytest.mark.parametrize("name", ["fbnetv3_b", "fbnetv3_d", "fbnetv3_g"])
def test_logits_are_timms(name: str) -> None:
    difference = largest_difference(load_network(f"timm_{name}"), timm.create_model(name, pretrained=False))
    print(f"{name}: largest difference {difference:.2g}")  # noqa: T201  # the figure itself: pytest -s
    assert difference < 1e-4


def test_forced_paddings_would_show() -> None:
    forced = replace(load_network("timm_fbnetv3_b"), stages=load_network("fbnetv3_b").stages)
    assert largest_difference(forced, timm.create_model("fbnetv3_b", pretrained=False)) > 1e-2

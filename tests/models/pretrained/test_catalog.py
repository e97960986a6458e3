import re

import pytest

from nars.errors import ModelError
from nars.models.pretrained.catalog import PUBLISHED, known_weights, published_weights
from nars.models.zoo import known_networks, load_network


def test_names_are_unique_and_files_lie_behind_https() -> None:
    assert len(set(known_weights())) == len(known_weights())
    assert len({weights.url for weights in PUBLISHED}) == len(PUBLISHED) == 17
    for weights in PUBLISHED:
        assert re.fullmatch(r"https://[\w./-]+\.pth", weights.url)
        assert re.fullmatch(r"(timm|mobile_cv|d2go)/[\w.]+", weights.name)
        assert weights.licence
        assert weights.images


def test_timms_files_are_pinned_by_the_digits_in_their_names() -> None:
    pinned = {weights.name: weights.sha256 for weights in PUBLISHED if weights.sha256 is not None}
    assert pinned == {
        "timm/fbnetv3_b.ra2_in1k": "ead5d2a1",
        "timm/fbnetv3_d.ra2_in1k": "c98bce42",
        "timm/fbnetv3_g.ra2_in1k": "0b1df83b",
    }
    assert all(f"-{digits}.pth" in published_weights(name).url for name, digits in pinned.items())


def test_networks_are_those_of_the_zoo() -> None:
    networks = {weights.network for weights in PUBLISHED}
    assert networks < set(known_networks())
    assert len(networks) == 3 + 7 + 3
    for weights in PUBLISHED:
        assert (load_network(weights.network).head is None) == weights.name.startswith("d2go/")


def test_the_seeds_name_is_the_mask_rcnn() -> None:
    weights = published_weights("FBNetV3a-DSMask-C4 COCO")
    assert weights.name == "d2go/mask_rcnn_fbnetv3a_dsmask_C4"
    assert weights.url.endswith("/268412271/model_0499999.pth")
    assert weights is published_weights("d2go/mask_rcnn_fbnetv3a_dsmask_C4")


def test_an_unknown_name_tells_the_nearest() -> None:
    with pytest.raises(ModelError, match=r"unknown weights 'timm/fbnetv3_b'; did you mean 'timm/fbnetv3_b.ra2_in1k'\?"):
        published_weights("timm/fbnetv3_b")

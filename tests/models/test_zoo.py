"""The zoo against what mobile-vision publishes: parameters of networks that were built with its own code."""

import pytest
import torch

from nars.errors import ModelError
from nars.models.classifier import build_classifier
from nars.models.feature_sizes import feature_sizes
from nars.models.zoo import known_networks, load_network
from nars.space.documents import dump_architecture, parse_architecture
from tests.models import published

PARAMS = {
    "fbnetv3_20g": 104_565_696,
    "fbnetv3_a0": 6_309_976,
    "fbnetv3_a": 8_598_480,
    "fbnetv3_b": 8_598_480,
    "fbnetv3_c": 9_973_816,
    "fbnetv3_d": 10_306_296,
    "fbnetv3_e": 10_772_896,
    "fbnetv3_f": 13_896_160,
    "fbnetv3_g": 16_623_920,
    "timm_fbnetv3_b": 8_598_464,
    "timm_fbnetv3_d": 10_306_272,
    "timm_fbnetv3_g": 16_623_888,
}
SIZES = {
    "fbnetv3_a": (112, 112, 56, 28, 13, 13, 6, 6),
    "fbnetv3_b": (124, 124, 62, 31, 15, 15, 7, 7),
    "fbnetv3_c": (124, 124, 62, 31, 15, 15, 7, 7),
    "fbnetv3_d": (124, 124, 62, 31, 16, 16, 8, 8),
    "fbnetv3_e": (132, 132, 66, 33, 16, 16, 8, 8),
    "fbnetv3_f": (136, 136, 68, 34, 17, 17, 8, 8),
    "fbnetv3_g": (160, 160, 80, 40, 20, 20, 10, 10),
}
FORCED_PADDINGS = {  # stage: padding of its first block
    "fbnetv3_a": {3: 1, 5: 0},
    "fbnetv3_b": {3: 1, 5: 0},
    "fbnetv3_c": {3: 1, 5: 1},
    "fbnetv3_e": {3: 1},
    "fbnetv3_f": {5: 0},
}


def test_every_network_is_tested() -> None:
    assert sorted(PARAMS) == list(known_networks())


@pytest.mark.parametrize("name", PARAMS)
def test_trainable_parameters_are_the_published_ones(name: str) -> None:
    with torch.device("meta"):
        classifier = build_classifier(load_network(name))
    assert sum(p.numel() for p in classifier.parameters() if p.requires_grad) == PARAMS[name]


@pytest.mark.parametrize("name", SIZES)
def test_feature_sizes_are_the_published_ones(name: str) -> None:
    assert feature_sizes(load_network(name)) == SIZES[name]


@pytest.mark.parametrize("name", PARAMS)
def test_forced_paddings_stand_exactly_where_the_table_says(name: str) -> None:
    paddings = {
        index: stage.first.padding
        for index, stage in enumerate(load_network(name).stages)
        if stage.first.padding is not None
    }
    assert paddings == FORCED_PADDINGS.get(name, {})
    assert all(stage.rest is None or stage.rest.padding is None for stage in load_network(name).stages)


def test_files_say_what_the_tables_say() -> None:
    assert load_network("fbnetv3_a") == published.FBNETV3_A
    assert load_network("fbnetv3_b") == published.FBNETV3_B
    assert load_network("fbnetv3_g") == published.FBNETV3_G
    assert load_network("fbnetv3_a0") == published.FBNETV3_A0


@pytest.mark.parametrize("name", PARAMS)
def test_a_network_is_a_document_like_any_other(name: str) -> None:
    network = load_network(name)
    assert parse_architecture(dump_architecture(network), source=name) == network


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(ModelError, match=r"unknown network 'fbnet_v3_g'; did you mean 'fbnetv3_g'\? @ the zoo"):
        load_network("fbnet_v3_g")
    with pytest.raises(ModelError, match=r"unknown network 'resnet'; known: fbnetv3_20g, fbnetv3_a, fbnetv3_a0"):
        load_network("resnet")

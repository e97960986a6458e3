"""The zoo against mobile-vision, timm and d2go: parameters of networks that were built with their own code."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from nars.errors import ModelError
from nars.models.classifier import build_network
from nars.models.feature_sizes import feature_sizes
from nars.models.trunk import build_trunk, trunk_ends
from nars.models.zoo import known_networks, load_network
from nars.space.documents import dump_architecture, parse_architecture
from tests.models import published

PARAMS = {
    "d2go_fbnetv3_a": 4_497_032,
    "d2go_fbnetv3_a_dsmask": 2_296_144,
    "d2go_fbnetv3_a_no_se": 2_339_624,
    "d2go_fbnetv3_b": 5_626_496,
    "d2go_fbnetv3_b_light_no_se": 2_943_592,
    "d2go_fbnetv3_b_no_se": 2_960_160,
    "d2go_fbnetv3_c": 8_554_080,
    "d2go_fbnetv3_d": 8_501_440,
    "d2go_fbnetv3_dsmask_tiny": 435_752,
    "d2go_fbnetv3_e": 9_281_504,
    "d2go_fbnetv3_f": 13_732_752,
    "d2go_fbnetv3_g": 18_302_512,
    "d2go_fbnetv3_h": 60_378_568,
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
    "d2go_fbnetv3_a": (112, 112, 56, 28, 14, 14, 7, 7),
    "d2go_fbnetv3_a_dsmask": (112, 112, 56, 28, 14, 14, 7, 7),
    "d2go_fbnetv3_h": (112, 112, 56, 28, 14, 14, 7, 7),
}
C4_PARAMS = {  # of trunk0 to trunk3
    "d2go_fbnetv3_a": 972_960,
    "d2go_fbnetv3_a_dsmask": 579_680,
    "d2go_fbnetv3_a_no_se": 623_160,
    "d2go_fbnetv3_b": 1_218_872,
    "d2go_fbnetv3_b_light_no_se": 780_296,
    "d2go_fbnetv3_b_no_se": 796_864,
    "d2go_fbnetv3_c": 1_280_480,
    "d2go_fbnetv3_d": 1_507_264,
    "d2go_fbnetv3_dsmask_tiny": 128_176,
    "d2go_fbnetv3_e": 1_809_192,
    "d2go_fbnetv3_f": 2_528_448,
    "d2go_fbnetv3_g": 3_093_600,
    "d2go_fbnetv3_h": 9_965_896,
}
DETECTOR_PARAMS = {  # all of A, millions of the others
    "d2go_fbnetv3_a": 5_306_708,
    "d2go_fbnetv3_b": 6.527,
    "d2go_fbnetv3_c": 9.451,
    "d2go_fbnetv3_d": 9.707,
    "d2go_fbnetv3_e": 10.670,
    "d2go_fbnetv3_f": 15.723,
    "d2go_fbnetv3_g": 20.692,
    "d2go_fbnetv3_h": 68.166,
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
        network = build_network(load_network(name))
    assert sum(p.numel() for p in network.parameters() if p.requires_grad) == PARAMS[name]


@pytest.mark.parametrize("name", C4_PARAMS)
def test_parameters_of_the_first_four_features_are_those_of_d2gos_c4_trunks(name: str) -> None:
    assert trunk_params(name)[: trunk_ends(load_network(name))[3] + 2].sum() == C4_PARAMS[name]


@pytest.mark.parametrize("name", DETECTOR_PARAMS)
def test_parameters_of_d2gos_c4_detectors(name: str) -> None:
    """The trunk (its last feature as the box head), the region proposals and the box outputs of 80 classes.

    The proposals' features come from a copy of the blocks behind the first of the last stage at stride 16; of each of
    their channels are then made 15 anchors' scores and 4 corrections.
    """
    architecture = load_network(name)
    at_16, at_32 = (architecture.stages[end] for end in trunk_ends(architecture)[3:])
    with torch.device("meta"):
        _, *rest = build_trunk(architecture).stages[trunk_ends(architecture)[3]]
    proposals = sum(p.numel() for block in rest for p in block.parameters()) + (at_16.width + 1) * 15 * (1 + 4)
    outputs = (at_32.width + 1) * (80 + 1 + 80 * 4)
    total = PARAMS[name] + proposals + outputs
    assert (total if DETECTOR_PARAMS[name] > 1000 else round(total / 1e6, 3)) == DETECTOR_PARAMS[name]


def trunk_params(name: str) -> Tensor:
    """Parameters of the stem and of each stage."""
    with torch.device("meta"):
        trunk = build_trunk(load_network(name))
    return torch.tensor([sum(p.numel() for p in part.parameters()) for part in (trunk.stem, *trunk.stages)])


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


@pytest.mark.parametrize("letter", "bcdefg")
def test_d2gos_trunks_have_the_shapes_of_mobile_visions_networks(letter: str) -> None:
    theirs, ours = load_network(f"fbnetv3_{letter}"), load_network(f"d2go_fbnetv3_{letter}")
    assert ours.stem == replace(theirs.stem, activation="relu")
    unforced = [replace(stage, first=replace(stage.first, padding=None)) for stage in theirs.stages]
    assert ours.stages == tuple(replace(stage, activation="relu") for stage in unforced)


@pytest.mark.parametrize("name", C4_PARAMS)
def test_d2gos_trunks_share_one_style(name: str) -> None:
    trunk = load_network(name)
    assert (trunk.head, trunk.num_classes, trunk.style) == (None, 80, load_network("d2go_fbnetv3_a").style)
    assert {trunk.stem.activation, *(stage.activation for stage in trunk.stages)} == {"relu"}
    assert any(stage.squeeze_excite for stage in trunk.stages) == ("no_se" not in name and "dsmask" not in name)


@pytest.mark.parametrize("name", PARAMS)
def test_a_network_is_a_document_like_any_other(name: str) -> None:
    network = load_network(name)
    assert parse_architecture(dump_architecture(network), source=name) == network


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(ModelError, match=r"unknown network 'fbnet_v3_g'; did you mean 'fbnetv3_g'\? @ the zoo"):
        load_network("fbnet_v3_g")
    with pytest.raises(
        ModelError, match=r"unknown network 'resnet'; known: d2go_fbnetv3_a, .*, fbnetv3_20g, fbnetv3_a, "
    ):
        load_network("resnet")

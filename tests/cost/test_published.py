"""The published numbers of FBNetV3, to the last digit."""

from dataclasses import replace

import pytest

from nars.cost.formula import architecture_cost
from nars.cost.published import PublishedCost, published_cost
from nars.models.squeeze_excite import SqueezeExcite
from nars.models.trunk import build_trunk, trunk_ends
from nars.models.zoo import load_network
from nars.space.architecture import Architecture, Block, Head, Stage, Stem

# Multiply-adds alone, then FLOPs and params as the published table has them (in millions there).
PUBLISHED = {
    "fbnetv3_a": (355_514_328, 356_598_280, 8_542_224),
    "fbnetv3_b": (460_150_000, 461_550_136, 8_542_224),
    "fbnetv3_c": (555_578_368, 556_969_904, 9_907_136),
    "fbnetv3_d": (642_628_864, 644_420_352, 10_237_552),
    "fbnetv3_e": (759_952_160, 762_046_336, 10_699_464),
    "fbnetv3_f": (1_178_860_656, 1_181_644_520, 13_803_072),
    "fbnetv3_g": (2_125_187_200, 2_129_656_384, 16_513_648),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_flops_and_params(name: str) -> None:
    macs, flops, params = PUBLISHED[name]
    assert architecture_cost(load_network(name)).macs == macs
    assert published_cost(load_network(name)) == PublishedCost(flops=flops, params=params)


def test_macs_of_a0() -> None:
    assert architecture_cost(load_network("fbnetv3_a0")).macs == 217_917_744


def test_flops_of_20g() -> None:
    # Its definition says 20.4G FLOPs (and 101M params, where mobile-vision's own network has 104,565,696).
    assert round(published_cost(load_network("fbnetv3_20g")).flops / 1e9, 1) == 20.4


def test_macs_of_d2gos_c4_trunks() -> None:
    # Its table is for images of 224 x 320, a square of 224 and 3/7 of another; gates do not grow with the image.
    for name, table in (("d2go_fbnetv3_a", 326.9), ("d2go_fbnetv3_a_dsmask", 288.5)):
        network = load_network(name)
        network = replace(network, stages=network.stages[: trunk_ends(network)[3] + 1])
        macs = architecture_cost(network).macs
        gates = sum(
            module.weight.numel()
            for part in build_trunk(network).modules()
            if isinstance(part, SqueezeExcite)
            for module in (part.reduce, part.expand)
        )
        assert round(((macs - gates) * 320 / 224 + gates) / 1e6, 1) == table


def test_standard_paddings_cost_more() -> None:
    # Without its forced paddings, A needs 407.5M multiply-adds: that is timm's B at 224 pixels.
    assert round(architecture_cost(load_network("timm_fbnetv3_b")).macs / 1e6, 1) == 407.5


def test_the_rule_by_hand() -> None:
    network = Architecture(
        resolution=8,
        in_channels=3,
        num_classes=5,
        stem=Stem(width=8, bias=True),
        stages=(Stage(width=16, depth=1, first=Block(kernel=3, expansion=2), stride=2, squeeze_excite=True),),
        head=Head(width=10, expansion=2),
    )
    # 4 x 4 after the stem, 2 x 2 after the block: 8 -> 16 -> depthwise -> squeeze-excite of 8 -> 16; head 32 -> 10 -> 5.
    weights = 27 * 8 + 8 * 16 + 9 * 16 + 2 * 16 * 8 + 16 * 16 + 16 * 32 + 32 * 10 + 10 * 5
    macs = 16 * (27 * 8 + 8 * 16) + 4 * (9 * 16 + 16 * 16 + 16 * 32) + 2 * 16 * 8 + 32 * 10 + 10 * 5
    pools = 4 * 16 + 4 * 32 + 10
    assert published_cost(network) == PublishedCost(flops=macs + pools, params=weights)
    head_weights, head_macs = 16 * 32 + 32 * 10 + 10 * 5, 4 * 16 * 32 + 32 * 10 + 10 * 5
    assert published_cost(replace(network, head=None)) == PublishedCost(
        flops=macs - head_macs + 4 * 16, params=weights - head_weights
    )

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from nars.cost.counter import count
from nars.cost.formula import architecture_cost, cost_columns
from nars.cost.latency import LatencyTable
from nars.cost.operator import Timing, operator_columns
from nars.errors import CostError
from nars.models.classifier import build_network
from nars.space.architecture import Architecture, Block, BlockStyle, Head, Stage, Stem
from nars.space.columns import architecture_columns
from tests.cost.random_architectures import buildable_architectures
from tests.models import published
from tests.models.tiny import TINY


@pytest.mark.parametrize(
    ("architecture", "macs", "params"),
    [
        (published.FBNETV3_A, published.FBNETV3_A_MACS, published.FBNETV3_A_PARAMS),
        (published.FBNETV3_B, published.FBNETV3_B_MACS, published.FBNETV3_A_PARAMS),
        (published.FBNETV3_G, published.FBNETV3_G_MACS, published.FBNETV3_G_PARAMS),
        (published.FBNETV3_A0, published.FBNETV3_A0_MACS, published.FBNETV3_A0_PARAMS),
    ],
)
def test_published_macs_and_params(architecture, macs, params):
    cost = architecture_cost(architecture)
    assert (cost.macs, cost.params) == (macs, params)


@pytest.mark.parametrize("headless", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_formula_equals_what_the_built_network_counts_on_100_random_architectures(seed, headless):
    architectures = buildable_architectures(25, rng=np.random.default_rng(seed))
    if headless:
        architectures = [replace(architecture, head=None) for architecture in architectures]
    groups: dict[object, list[Architecture]] = defaultdict(list)
    for architecture in architectures:
        groups[len(architecture.stages), architecture.style].append(architecture)
    # Costs of a whole group at once: kinds, depths and squeeze-excites differ within it.
    for group in groups.values():
        costs = cost_columns(architecture_columns(group))
        for n, architecture in enumerate(group):
            counted = count(
                build_network(architecture),
                in_channels=architecture.in_channels,
                resolution=architecture.resolution,
            )
            assert (costs.macs_N[n], costs.params_N[n], costs.activations_N[n], costs.memory_bytes_N[n]) == (
                counted.macs,
                counted.params,
                counted.activations,
                counted.memory_bytes,
            ), architecture


def test_the_random_architectures_reach_every_branch():
    architectures = [a for seed in range(4) for a in buildable_architectures(25, rng=np.random.default_rng(seed))]
    stages = [stage for a in architectures for stage in a.stages]
    assert {stage.block for stage in stages} == {"inverted_residual", "fused_residual"}
    assert {(a.style.se_reference, a.style.depthwise_norm) for a in architectures} == {
        (reference, norm) for reference in ("input", "expanded") for norm in (False, True)
    }
    assert {stage.depth for stage in stages} == {1, 2, 3}
    assert {a.resolution % 2 for a in architectures} == {0, 1}
    assert sum(stage.first.padding not in (None, stage.first.kernel // 2) for stage in stages) >= 10
    assert sum(stage.first.groups is not None for stage in stages) >= 10
    assert sum(stage.block == "fused_residual" and stage.first.expansion == 1 for stage in stages) >= 5


def one_block(block="inverted_residual", *, expansion=3.0, squeeze_excite=True, style=None):
    """Stem 3x3 to 8 channels at 16 x 16, one block 8 -> 8 at stride 1, head expansion 2, 10 features, 4 classes."""
    return Architecture(
        resolution=16,
        in_channels=3,
        num_classes=4,
        stem=Stem(width=8, stride=1),
        stages=(
            Stage(
                width=8,
                depth=1,
                first=Block(kernel=5, expansion=expansion),
                squeeze_excite=squeeze_excite,
                block=block,
            ),
        ),
        head=Head(width=10, expansion=2),
        style=style or BlockStyle(),
    )


PIXELS = 16 * 16
STEM_MACS, STEM_PARAMS = 9 * 3 * 8 * PIXELS, 9 * 3 * 8 + 2 * 8
HEAD_MACS, HEAD_PARAMS = 8 * 16 * PIXELS + 16 * 10 + 10 * 4, 8 * 16 + 2 * 16 + 16 * 10 + 10 * 4 + 4
ENDS_ACTIVATIONS = 8 * PIXELS + 16 * PIXELS + 10 + 4


def test_one_inverted_residual_by_hand():
    cost = architecture_cost(one_block())
    squeeze = 8  # a quarter of 8 channels is 2, rounded to 8
    assert cost.macs == STEM_MACS + HEAD_MACS + (8 * 24 + 25 * 24 + 24 * 8) * PIXELS + 2 * 24 * squeeze
    gates = 24 * squeeze + squeeze + squeeze * 24 + 24
    block = (8 * 24 + 48) + (25 * 24 + 48) + gates + (24 * 8 + 16)
    assert cost.params == STEM_PARAMS + HEAD_PARAMS + block
    assert cost.activations == ENDS_ACTIVATIONS + (24 + 24 + 8) * PIXELS + squeeze + 24
    # The gate's product holds the block's input, what is gated, the gates and the result.
    assert cost.memory_bytes == 4 * cost.params + 4 * (8 * PIXELS + 24 * PIXELS + 24 + 24 * PIXELS)


def test_one_fused_residual_by_hand():
    cost = architecture_cost(one_block("fused_residual", squeeze_excite=False))
    assert cost.macs == STEM_MACS + HEAD_MACS + (25 * 8 * 24 + 24 * 8) * PIXELS
    assert cost.params == STEM_PARAMS + HEAD_PARAMS + (25 * 8 * 24 + 48) + (24 * 8 + 16)
    assert cost.activations == ENDS_ACTIVATIONS + (24 + 8) * PIXELS
    # Norm and activation hold the block's input, their own and their output.
    assert cost.memory_bytes == 4 * cost.params + 4 * (8 + 24 + 24) * PIXELS


def test_one_fused_residual_of_expansion_1_by_hand():
    cost = architecture_cost(one_block("fused_residual", expansion=1.0, squeeze_excite=False))
    assert cost.macs == STEM_MACS + HEAD_MACS + 25 * 8 * 8 * PIXELS
    assert cost.params == STEM_PARAMS + HEAD_PARAMS + 25 * 8 * 8 + 16
    assert cost.memory_bytes == 4 * cost.params + 4 * 2 * 16 * PIXELS  # the head's norm


def test_a_squeeze_excite_wider_than_what_it_gates_by_hand():
    architecture = replace(one_block(expansion=0.01), resolution=1)
    hidden, squeeze = 8, 200  # a hundredth of 8 is rounded to 8; 0.25 / 0.01 times 8
    cost = architecture_cost(architecture)
    # The activation between the gate's convolutions, while the block's input and the gated map are held.
    assert cost.memory_bytes == 4 * cost.params + 4 * (8 + hidden + 2 * squeeze)
    assert cost == count(build_network(architecture), in_channels=3, resolution=1)


def test_a_norm_after_the_depthwise_convolution_costs_params_alone():
    with_norm, without = (architecture_cost(one_block(style=BlockStyle(depthwise_norm=on))) for on in (True, False))
    assert with_norm.params - without.params == 2 * 24
    assert with_norm.macs == without.macs


def test_each_further_block_costs_the_same():
    def cost(depth):
        stage = replace(TINY.stages[1], depth=depth)
        return architecture_cost(replace(TINY, stages=(TINY.stages[0], stage)))

    assert cost(9).macs - cost(3).macs == 6 * (cost(3).macs - cost(2).macs)
    assert cost(9).params - cost(3).params == 6 * (cost(3).params - cost(2).params)
    assert cost(9).activations - cost(3).activations == 6 * (cost(3).activations - cost(2).activations)
    assert cost(9).memory_bytes - 4 * cost(9).params == cost(2).memory_bytes - 4 * cost(2).params


def test_cost_has_latency_exactly_with_a_table():
    assert architecture_cost(TINY).latency_ms is None
    operators = [columns.operator(0) for columns in operator_columns(architecture_columns([TINY]))]
    table = LatencyTable(device="any", timings={operator: Timing(latency_ms=0.5) for operator in operators})
    assert architecture_cost(TINY, table=table).latency_ms == 0.5 * 7


def test_an_unbuildable_architecture_has_no_cost():
    with pytest.raises(CostError, match=r"architecture\.stages\[1\] cannot be built"):
        architecture_cost(replace(TINY, resolution=2))

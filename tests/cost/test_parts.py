from dataclasses import replace

import pytest

from nars.cost.formula import architecture_cost
from nars.cost.parts import part_costs
from nars.errors import ModelError
from nars.models.zoo import load_network
from nars.space.architecture import Architecture
from tests.models.tiny import TINY


@pytest.mark.parametrize(
    "architecture",
    [TINY, load_network("fbnetv3_a"), load_network("d2go_fbnetv3_a")],
    ids=["tiny", "fbnetv3_a", "d2go_fbnetv3_a"],
)
def test_parts_add_up_to_the_network(architecture: Architecture) -> None:
    parts, whole = part_costs(architecture), architecture_cost(architecture)
    assert sum(part.cost.macs for part in parts) == whole.macs
    assert sum(part.cost.params for part in parts) == whole.params
    assert sum(part.cost.activations for part in parts) == whole.activations
    # The network's memory is all weights and the feature maps of the part that needs most.
    maps = max(part.cost.memory_bytes - 4 * part.cost.params for part in parts)
    assert 4 * whole.params + maps == whole.memory_bytes


def test_names_sizes_and_widths_in_order() -> None:
    assert [(part.name, part.out_size, part.out_width) for part in part_costs(TINY)] == [
        ("stem", 8, 8),
        ("stages[0]", 8, 8),
        ("stages[1]", 4, 16),
        ("stages[2]", 4, 24),
        ("head", 1, 5),
    ]


def test_a_trunk_has_no_head() -> None:
    assert part_costs(replace(TINY, head=None)) == part_costs(TINY)[:-1]


def test_the_stem_by_hand() -> None:
    cost = part_costs(TINY)[0].cost
    assert (cost.macs, cost.params, cost.activations) == (27 * 8 * 64, 27 * 8 + 16, 8 * 64)
    assert cost.memory_bytes == 4 * (27 * 8 + 16 + 3 * 256 + 8 * 64)


def test_too_small_a_resolution() -> None:
    with pytest.raises(ModelError, match=r"architecture\.stages\[1\]: .* got 1x1 \(resolution 2\)"):
        part_costs(replace(TINY, resolution=2))

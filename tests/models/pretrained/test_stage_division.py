"""Coarse groups of blocks come apart into the stages that the zoo has."""

import pytest
import torch

from nars.models.classifier import build_network
from nars.models.pretrained.stage_division import divide_into_stages
from nars.models.zoo import known_networks, load_network
from nars.space.architecture import Architecture
from tests.models.pretrained.checkpoints import DSMASK

# mobile-vision, timm and d2go keep the last two pairs of stages in one group each
GROUPS = (0, 1, 2, 3, 3, 4, 4)


def arrays_by_group(architecture: Architecture, groups: tuple[int, ...]):
    with torch.device("meta"):
        stages = build_network(architecture).stages
    blocks, sizes = {}, [0] * len(groups)
    expected = {}
    for i, stage in enumerate(stages):
        for j, block in enumerate(stage):
            place = (groups[i], sizes[groups[i]])
            sizes[groups[i]] += 1
            blocks[place] = block.branch.state_dict()
            expected[place] = (i, j)
    return blocks, expected


def depths_of(architecture: Architecture) -> list[int]:
    return [stage.depth for stage in architecture.stages]


def in_seven_stages() -> list[str]:
    return [name for name in known_networks() if len(load_network(name).stages) == len(GROUPS)]


@pytest.mark.parametrize("name", in_seven_stages())
def test_the_zoo_comes_apart(name: str) -> None:
    architecture = load_network(name)
    blocks, expected = arrays_by_group(architecture, GROUPS)
    for given in (blocks, dict(reversed(blocks.items()))):
        assert divide_into_stages(given, depths_of(architecture)) == expected
        if name != "fbnetv3_20g":  # whose last two stages are alike: only the network tells them apart
            assert divide_into_stages(given, ()) == expected, "by shapes alone"


def test_a_detectors_trunk_comes_apart() -> None:
    blocks, expected = arrays_by_group(DSMASK, (0, 1, 2, 3, 3))
    assert divide_into_stages(blocks, depths_of(DSMASK)) == expected
    assert divide_into_stages(blocks, ()) == expected


def test_a_network_of_other_depths_does_not_move_blocks_over_a_stages_end() -> None:
    # as many blocks, but a stage of the network would begin within one of the checkpoint's groups or widths
    blocks, expected = arrays_by_group(DSMASK, (0, 1, 2, 3, 3))
    assert divide_into_stages(blocks, (1, 2, 4, 5, 3)) == expected
    assert divide_into_stages(blocks, (2, 1, 4, 4, 4)) == expected


def test_blocks_of_one_width_are_told_apart_by_kernel_and_expansion() -> None:
    # FBNetV3-C: six blocks of 216 with expansion 5, then one of 216 with expansion 6
    blocks, expected = arrays_by_group(load_network("fbnetv3_c"), GROUPS)
    assert expected[4, 6] == (6, 0)
    assert blocks[4, 5]["project.conv.weight"].shape[0] == blocks[4, 6]["project.conv.weight"].shape[0] == 216
    assert divide_into_stages(blocks, ())[4, 6] == (6, 0)


def test_what_is_no_block_has_no_place() -> None:
    blocks, _ = arrays_by_group(DSMASK, (0, 1, 2, 3, 3))
    blocks[0, 9] = {"conv.weight": torch.zeros(8, 3, 3, 3)}
    assert (0, 9) not in divide_into_stages(blocks, ())

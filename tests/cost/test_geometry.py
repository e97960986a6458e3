from dataclasses import replace

import numpy as np
import pytest

from nars.cost.geometry import buildable, geometry
from nars.errors import CostError
from nars.space.columns import architecture_columns
from tests.cost.random_architectures import is_buildable, random_architecture
from tests.models.published import FBNETV3_A, FBNETV3_A_SIZES
from tests.models.tiny import TINY


def test_sizes_of_a_published_network():
    shape = geometry(architecture_columns([FBNETV3_A]))
    firsts = [shape.blocks[i] for i in (0, 2, 4, 6, 8, 10, 12)]
    assert (shape.stem_size_N[0], *(int(block.out_size_N[0]) for block in firsts)) == FBNETV3_A_SIZES
    assert [int(block.repeats_N[0]) for block in shape.blocks] == [1, 1, 1, 3, 1, 4, 1, 4, 1, 5, 1, 5, 1]
    assert (shape.out_size_N[0], shape.out_width_N[0], shape.head.hidden_width_N[0]) == (6, 224, 6 * 224)


def test_a_trunk_has_the_blocks_of_its_classifier_and_no_head():
    shape = geometry(architecture_columns([replace(FBNETV3_A, head=None)]))
    assert shape.head is None
    assert (shape.out_size_N[0], shape.out_width_N[0], len(shape.blocks)) == (6, 224, 13)


def test_what_is_buildable_is_what_the_builder_builds():
    rng = np.random.default_rng(1)
    architectures = [replace(random_architecture(rng), resolution=int(rng.integers(1, 10))) for _ in range(1000)]
    expected = [is_buildable(architecture) for architecture in architectures]
    assert 100 < sum(expected) < 900
    assert [bool(buildable(architecture_columns([a]))[0]) for a in architectures] == expected


def test_an_unbuildable_architecture_is_named_with_its_sizes():
    columns = architecture_columns([TINY, replace(TINY, resolution=2)])
    assert buildable(columns).tolist() == [True, False]
    with pytest.raises(CostError) as caught:
        geometry(columns)
    assert str(caught.value) == (
        "architecture.stages[1] cannot be built: a stride must not exceed its features, some of them must be left, "
        "a block with an identity skip must keep their size, and groups must divide hidden widths; "
        "features after the stem and each stage: 1, 1, 1, 1 at resolution 2 (architecture 1 of 2)"
    )

from dataclasses import replace

import pytest

from nars.errors import ModelError
from nars.models.feature_sizes import feature_sizes
from nars.space.architecture import Block
from tests.models.published import FBNETV3_A, FBNETV3_A_SIZES, FBNETV3_B, FBNETV3_G
from tests.models.tiny import TINY


def test_published_sizes():
    assert feature_sizes(FBNETV3_A) == FBNETV3_A_SIZES
    assert feature_sizes(FBNETV3_B) == (124, 124, 62, 31, 15, 15, 7, 7)
    assert feature_sizes(FBNETV3_G) == (160, 160, 80, 40, 20, 20, 10, 10)


def test_a_stride_over_one_pixel_names_stage_and_size():
    with pytest.raises(ModelError) as caught:
        feature_sizes(replace(TINY, resolution=2))
    assert str(caught.value) == (
        "architecture.stages[1]: a stride of 2 needs features of at least 2x2, got 1x1 (resolution 2)"
    )


def test_an_image_smaller_than_the_stem_s_stride():
    with pytest.raises(ModelError, match=r"architecture\.stem: a stride of 2 .* got 1x1 \(resolution 1\)"):
        feature_sizes(replace(TINY, resolution=1))


def test_a_padding_that_leaves_nothing_names_stage_and_size():
    stages = (TINY.stages[0], replace(TINY.stages[1], first=Block(kernel=9, expansion=4, padding=0)))
    with pytest.raises(ModelError) as caught:
        feature_sizes(replace(TINY, stages=stages))
    assert str(caught.value) == (
        "architecture.stages[1]: a kernel of 9 with padding 0 leaves nothing of 8x8 features (resolution 16)"
    )


@pytest.mark.parametrize("part", ["first", "rest"])
def test_a_padding_that_breaks_a_skip_names_the_block(part):
    stage = replace(TINY.stages[0], **{part: Block(kernel=3, expansion=2, padding=0)})
    with pytest.raises(ModelError) as caught:
        feature_sizes(replace(TINY, stages=(stage,)))
    assert str(caught.value) == (
        f"architecture.stages[0].{part}: padding must be kernel // 2 = 1 in a block with an identity skip, got 0"
    )


@pytest.mark.parametrize(("part", "hidden"), [("first", 8), ("rest", 16)])
def test_groups_that_do_not_divide_name_the_block(part, hidden):
    stage = replace(TINY.stages[0], **{part: replace(getattr(TINY.stages[0], part), groups=3)})
    with pytest.raises(ModelError) as caught:
        feature_sizes(replace(TINY, stages=(stage, *TINY.stages[1:])))
    assert str(caught.value) == (
        f"architecture.stages[0].{part}: groups must divide the block's hidden width {hidden}, got 3"
    )

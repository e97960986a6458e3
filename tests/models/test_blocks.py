from dataclasses import replace

import pytest
import torch
from torch import nn

from nars.models.blocks import build_block
from nars.space.architecture import Block, BlockStyle, Stage

STAGE = Stage(width=16, depth=1, first=Block(kernel=3, expansion=4), squeeze_excite=True, activation="relu")
FUSED = replace(STAGE, block="fused_residual")


def build(stage=STAGE, style=None, *, in_width=16, stride=1, drop=0.0):
    return build_block(
        stage.first, stage, style or BlockStyle(), in_width=in_width, stride=stride, norm="BN", drop_probability=drop
    )


def parts(block):
    return [name for name, _ in block.branch.named_children()]


def images(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_inverted_residual_is_expand_depthwise_squeeze_excite_project():
    branch = build().branch
    assert parts(build()) == ["expand", "depthwise", "squeeze_excite", "project"]
    assert branch.expand.conv.weight.shape == (64, 16, 1, 1)
    assert branch.depthwise.conv.weight.shape == (64, 1, 3, 3)
    assert branch.depthwise.conv.groups == 64
    assert branch.squeeze_excite.reduce.weight.shape == (8, 64, 1, 1)
    assert branch.project.conv.weight.shape == (16, 64, 1, 1)
    assert [name for name, _ in branch.project.named_children()] == ["conv", "norm"]
    assert isinstance(branch.expand.act, nn.ReLU)
    assert isinstance(branch.squeeze_excite.act, nn.ReLU)
    assert all(m.bias is None for part in (branch.expand, branch.depthwise, branch.project) for m in (part.conv,))


def test_expansion_is_skipped_where_it_would_keep_the_width():
    assert parts(build(replace(STAGE, first=Block(kernel=3, expansion=1)))) == [
        "depthwise",
        "squeeze_excite",
        "project",
    ]
    # 12 channels are rounded to 16, so that there is something to expand.
    assert "expand" in parts(build(replace(STAGE, first=Block(kernel=3, expansion=1)), in_width=12))


def test_fused_residual_is_convolution_squeeze_excite_project():
    branch = build(FUSED).branch
    assert parts(build(FUSED)) == ["conv", "squeeze_excite", "project"]
    assert branch.conv.conv.weight.shape == (64, 16, 3, 3)


def test_fused_residual_of_expansion_1_is_its_convolution():
    block = build(replace(FUSED, first=Block(kernel=3, expansion=1)), in_width=12)
    assert parts(block) == ["conv", "squeeze_excite"]
    assert block.branch.conv.conv.weight.shape == (16, 12, 3, 3)
    assert isinstance(block.branch.conv.act, nn.ReLU)


def test_norm_and_activation_after_the_depthwise_convolution_can_be_left_out():
    block = build(style=BlockStyle(depthwise_norm=False))
    assert [name for name, _ in block.branch.depthwise.named_children()] == ["conv"]


@pytest.mark.parametrize(("reference", "hidden"), [("input", 8), ("expanded", 16)])
def test_squeeze_excite_reference(reference, hidden):
    block = build(style=BlockStyle(se_reference=reference))
    assert block.branch.squeeze_excite.reduce.out_channels == hidden


@pytest.mark.parametrize(
    ("in_width", "stride", "skip"), [(16, 1, True), (16, 2, False), (24, 1, False)], ids=["same", "strided", "widened"]
)
def test_skip_exists_exactly_at_stride_1_with_equal_widths(in_width, stride, skip):
    block = build(in_width=in_width, stride=stride).eval()
    x = images(2, in_width, 7, 7)
    y = block(x)
    torch.testing.assert_close(y, x + block.branch(x) if skip else block.branch(x))
    assert (block.drop is not None) == skip
    assert y.shape[-1] == (7 if stride == 1 else 4)


@pytest.mark.parametrize("stage", [STAGE, FUSED])
def test_a_new_block_with_a_skip_is_the_identity_unless_told_otherwise(stage):
    x = images(2, 16, 7, 7)
    torch.testing.assert_close(build(stage)(x), x)
    assert not torch.allclose(build(stage, BlockStyle(zero_init_residual=False))(x), x)
    # Without a skip, a scale of 0 would erase the features.
    assert build(stage, stride=2)(x).abs().sum() > 0


def test_forced_padding_changes_the_output_size():
    x = images(1, 16, 9, 9)
    for padding, size in ((None, 5), (0, 4), (1, 5), (2, 6)):
        stage = replace(STAGE, first=Block(kernel=3, expansion=4, padding=padding))
        assert build(stage, stride=2)(x.repeat(2, 1, 1, 1)).shape == (2, 16, size, size)
        assert build(replace(stage, block="fused_residual"), stride=2)(x.repeat(2, 1, 1, 1)).shape[-1] == size


def test_stochastic_depth_drops_whole_branches_of_single_images_while_training():
    block = build(style=BlockStyle(zero_init_residual=False), drop=0.5)
    x = images(400, 16, 2, 2)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        dropped = (block(x) == x).flatten(1).all(dim=1)
    assert 0.4 < dropped.float().mean() < 0.6
    torch.testing.assert_close(block.eval()(x), x + block.branch(x))


def test_groups_of_the_spatial_convolution():
    grouped = build(replace(STAGE, first=replace(STAGE.first, groups=2)))
    assert grouped.branch.depthwise.conv.groups == 2
    hidden = grouped.branch.depthwise.conv.out_channels
    assert grouped.branch.depthwise.conv.weight.shape[1] == hidden // 2
    assert build(STAGE).branch.depthwise.conv.groups == hidden

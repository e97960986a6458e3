from torch import nn

from nars.models.convolution import build_convolution


def test_parts_are_named_and_left_out_when_none():
    full = build_convolution(3, 8, kernel=3, stride=2, padding=1, bias=True, norm="BN", activation="relu")
    assert [name for name, _ in full.named_children()] == ["conv", "norm", "act"]
    assert full.conv.bias is not None
    bare = build_convolution(3, 8, norm=None, activation=None)
    assert [name for name, _ in bare.named_children()] == ["conv"]
    assert isinstance(bare.conv, nn.Conv2d)
    assert bare.conv.bias is None

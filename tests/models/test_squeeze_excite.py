import torch
from torch import nn

from nars.models.squeeze_excite import SqueezeExcite


def test_gates_each_channel_by_its_formula():
    module = SqueezeExcite(4, 2, activation="hswish", gate="hard_sigmoid")
    x = torch.randn(3, 4, 5, 5, generator=torch.Generator().manual_seed(0))
    pooled = x.mean(dim=(2, 3))
    hidden = nn.functional.hardswish(pooled @ module.reduce.weight[:, :, 0, 0].T + module.reduce.bias)
    gate = ((hidden @ module.expand.weight[:, :, 0, 0].T + module.expand.bias) / 6 + 0.5).clamp(0, 1)
    torch.testing.assert_close(module(x), x * gate[:, :, None, None])


def test_has_biases_and_no_norm_and_the_asked_activation_and_gate():
    module = SqueezeExcite(8, 3, activation="relu", gate="sigmoid")
    assert sum(p.numel() for p in module.parameters()) == (8 * 3 + 3) + (3 * 8 + 8)
    assert isinstance(module.act, nn.ReLU)
    assert isinstance(module.gate, nn.Sigmoid)

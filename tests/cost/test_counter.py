from collections import OrderedDict

import pytest
import torch
from torch import Tensor, nn

from nars.cost.counter import count
from nars.cost.formula import architecture_cost
from nars.errors import CostError
from nars.models.classifier import build_classifier
from nars.models.trunk import build_trunk
from nars.models.zoo import known_networks, load_network
from tests.models.published import FBNETV3_A
from tests.models.tiny import TINY


def test_one_convolution_and_one_linear_layer_by_hand():
    model = nn.Sequential(
        nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 5)
    )
    cost = count(model, in_channels=4, resolution=9)
    assert cost.macs == 9 * 2 * 6 * 25 + 6 * 5
    assert cost.params == 9 * 2 * 6 + 6 + 6 * 5 + 5
    assert cost.activations == 6 * 25 + 5
    assert cost.memory_bytes == 4 * cost.params + 4 * (4 * 81 + 6 * 25)


def test_a_published_network_equals_the_formula():
    assert count(build_classifier(FBNETV3_A), in_channels=3, resolution=224) == architecture_cost(FBNETV3_A)


@pytest.mark.parametrize("name", [name for name in known_networks() if name.startswith("d2go_")])
def test_the_published_trunks_equal_the_formula(name):
    trunk = load_network(name)
    with torch.device("meta"):
        network = build_trunk(trunk)
    assert count(network, in_channels=3, resolution=224) == architecture_cost(trunk)


@pytest.mark.parametrize("norm", ["GN", "SyncBN", "naiveSyncBN"])
def test_the_norm_does_not_change_the_cost(norm):
    model = build_classifier(TINY, norm=norm, dropout=0.2, stochastic_depth=0.2)
    assert count(model, in_channels=3, resolution=16) == architecture_cost(TINY)


def test_a_leaf_module_of_an_unknown_kind_is_named():
    model = nn.Sequential(OrderedDict(stem=nn.Conv2d(3, 8, 1), odd=nn.Sequential(nn.PReLU())))
    with pytest.raises(CostError) as caught:
        count(model, in_channels=3, resolution=8)
    assert str(caught.value) == "module odd.0 of type PReLU is not counted"


class Hidden(nn.Module):
    """Multiplies outside of any leaf module."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.conv2d(self.conv(x), torch.ones(2, 8, 1, 1, device=x.device))


def test_multiply_adds_outside_modules_are_refused():
    with pytest.raises(CostError, match="2 such operators ran, 1 of them in modules"):
        count(Hidden(), in_channels=3, resolution=8)


def test_the_counted_network_stays_as_it_was():
    model = build_classifier(TINY)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    count(model, in_channels=3, resolution=16)
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())

import torch
from torch import nn
from torchvision.ops import StochasticDepth

from nars.training.network import measure_normalization
from tests.training.tiny import digits, parts


def test_normalization_is_mean_and_standard_deviation_of_each_channel():
    images = torch.randint(0, 256, (9, 3, 5, 4), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    normalize = measure_normalization(images)
    scaled = images.double() / 255
    mean, std = scaled.mean(dim=(0, 2, 3)), scaled.std(dim=(0, 2, 3), unbiased=False)
    torch.testing.assert_close(normalize.mean.flatten(), mean.float())
    torch.testing.assert_close(normalize.std.flatten(), std.float())
    normal = normalize(scaled.float())
    torch.testing.assert_close(normal.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(normal.std(dim=(0, 2, 3), unbiased=False), torch.ones(3))


def test_a_channel_without_variation_is_not_divided_by_zero():
    normalize = measure_normalization(torch.full((2, 1, 2, 2), 51, dtype=torch.uint8))
    assert normalize(torch.full((1, 1, 2, 2), 0.7)).flatten().tolist() == [0.5] * 4


def test_the_network_normalises_its_own_input():
    network = parts().network.eval()
    x = digits("train").images.float() / 255
    torch.testing.assert_close(network(x), network.classifier((x - network.normalize.mean) / network.normalize.std))


def test_dropout_is_in_the_network():
    rates = [[m.p for m in parts(dropout=rate).network.modules() if isinstance(m, nn.Dropout)] for rate in (0.0, 0.3)]
    assert rates == [[0.0], [0.3]]


def test_stochastic_depth_is_in_the_network():
    built = [m.p for m in parts(stochastic_depth=0.4).network.modules() if isinstance(m, StochasticDepth)]
    assert built == [0.4]
    network = parts(stochastic_depth=0.4).network
    x = digits("train").images.float() / 255
    nn.init.ones_(network.classifier.stages[0][1].branch.project.norm.weight)  # it starts at 0: nothing to drop
    assert not torch.equal(network.train()(x), network.train()(x))


def test_the_norm_is_the_recipes():
    kinds = {
        norm: {type(m).__name__ for m in parts(norm=norm).network.modules() if "Norm" in type(m).__name__}
        for norm in ("BN", "GN", "SyncBN", "naiveSyncBN")
    }
    norms = {norm: names - {"Normalize", "NormalizedClassifier"} for norm, names in kinds.items()}
    assert norms == {
        "BN": {"BatchNorm2d"},
        "GN": {"GroupNorm"},
        "SyncBN": {"SyncBatchNorm"},
        "naiveSyncBN": {"NaiveSyncBatchNorm"},
    }

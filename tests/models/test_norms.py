import pytest
import torch
from torch import distributed, nn

from nars.models.norms import build_norm, num_groups


@pytest.mark.parametrize(
    ("width", "groups"), [(8, 1), (16, 2), (24, 3), (40, 5), (184, 23), (256, 32), (1344, 32), (20, 2), (37, 1), (1, 1)]
)
def test_group_count_of_known_widths(width, groups):
    assert num_groups(width) == groups


def test_groups_divide_every_width_and_keep_8_channels():
    for width in range(1, 2049):
        groups = num_groups(width)
        assert width % groups == 0
        assert groups == 1 or (groups <= 32 and width // groups >= 8)
        nn.GroupNorm(groups, width)


def test_group_norm_keeps_the_signal_of_1x1_features():
    x = torch.randn(2, 16, 1, 1, generator=torch.Generator().manual_seed(0))
    assert build_norm("GN", 16)(x).abs().min() > 0


@pytest.mark.parametrize("norm", ["BN", "SyncBN", "naiveSyncBN"])
def test_batch_norms_agree_on_one_worker(norm):
    x = torch.randn(4, 8, 3, 3, generator=torch.Generator().manual_seed(0)) * 2 + 1
    module = build_norm(norm, 8)
    mean, var = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), unbiased=False)
    expected = (x - mean[:, None, None]) / torch.sqrt(var[:, None, None] + 1e-5)
    torch.testing.assert_close(module(x), expected)
    torch.testing.assert_close(module.running_mean, 0.1 * mean)
    torch.testing.assert_close(module.running_var, 0.9 + 0.1 * x.var(dim=(0, 2, 3), unbiased=True))


@pytest.mark.parametrize("norm", ["SyncBN", "naiveSyncBN"])
def test_synchronised_norms_train_on_cpu_in_a_group_of_one_worker(norm, tmp_path):
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        module = build_norm(norm, 8)
        module(torch.ones(2, 8, 3, 3)).sum().backward()
        assert module.weight.grad is not None
    finally:
        distributed.destroy_process_group()


@pytest.mark.parametrize("norm", ["BN", "GN", "SyncBN", "naiveSyncBN"])
def test_every_norm_has_one_scale_and_one_shift_a_channel(norm):
    assert {name: tuple(p.shape) for name, p in build_norm(norm, 24).named_parameters()} == {
        "weight": (24,),
        "bias": (24,),
    }

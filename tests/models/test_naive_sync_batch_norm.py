"""Two real workers over gloo against the closed formula (reference/fbnetv3.md section 5)."""

import pytest
import torch
from torch import distributed, multiprocessing

from nars.errors import ModelError
from nars.models.naive_sync_batch_norm import NaiveSyncBatchNorm

WIDTH = 4
# Images, height and width of each worker: equal weights and weights by images differ.
SHAPES = [(2, 3, 3), (6, 5, 5)]


def inputs(shapes):
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(n, WIDTH, h, w, generator=generator) * (r + 1) + r for r, (n, h, w) in enumerate(shapes)]


def expected(xs, weights):
    """Outputs of both workers, mean and biased variance, by the formula on all data at once."""
    share = [weight / sum(weights) for weight in weights]
    mean = sum(s * x.mean(dim=(0, 2, 3)) for s, x in zip(share, xs, strict=True) if len(x))
    square = sum(s * (x * x).mean(dim=(0, 2, 3)) for s, x in zip(share, xs, strict=True) if len(x))
    var = square - mean * mean
    outputs = [(x - mean[:, None, None]) * torch.rsqrt(var[:, None, None] + 1e-5) for x in xs]
    return outputs, mean, var


def worker(rank, store, directory, shapes, stats_mode):
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    norm = NaiveSyncBatchNorm(WIDTH, stats_mode=stats_mode)
    x = inputs(shapes)[rank].requires_grad_()
    y = norm(x)
    (y**3).sum().backward()
    result = {"y": y, "grad": x.grad, "mean": norm.running_mean, "var": norm.running_var}
    torch.save({name: tensor.detach() for name, tensor in result.items()}, f"{directory}/{rank}.pt")
    distributed.destroy_process_group()


def run_two_workers(tmp_path, shapes, stats_mode):
    multiprocessing.spawn(worker, (f"{tmp_path}/store", str(tmp_path), shapes, stats_mode), nprocs=2)
    return [torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stats_mode", "shapes", "weights"),
    [("", SHAPES, [1, 1]), ("N", SHAPES, [2, 6]), ("N", [(0, 3, 3), (6, 5, 5)], [0, 6])],
)
def test_two_workers_give_the_closed_formula_and_its_gradient(tmp_path, stats_mode, shapes, weights):
    results = run_two_workers(tmp_path, shapes, stats_mode)
    xs = [x.requires_grad_() for x in inputs(shapes)]
    outputs, mean, var = expected(xs, weights)
    sum((y**3).sum() for y in outputs).backward()
    for x, y, result in zip(xs, outputs, results, strict=True):
        torch.testing.assert_close(result["y"], y.detach(), rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(result["grad"], x.grad, rtol=1e-3, atol=1e-3)
        torch.testing.assert_close(result["mean"], 0.1 * mean.detach())
        torch.testing.assert_close(result["var"], 0.9 + 0.1 * var.detach())


@pytest.mark.slow
def test_an_update_without_any_image_leaves_the_running_statistics(tmp_path):
    for result in run_two_workers(tmp_path, [(0, 3, 3), (0, 3, 3)], "N"):
        assert result["mean"].tolist() == [0.0] * WIDTH
        assert result["var"].tolist() == [1.0] * WIDTH


def test_eval_mode_is_batch_norm_by_running_statistics():
    norm = NaiveSyncBatchNorm(WIDTH).eval()
    norm.running_mean += 2
    norm.running_var *= 4
    x = inputs(SHAPES)[0]
    torch.testing.assert_close(norm(x), (x - 2) / (4 + 1e-5) ** 0.5)


def test_an_empty_batch_with_equal_weights_is_an_error():
    norm = NaiveSyncBatchNorm(WIDTH)
    with pytest.raises(ModelError, match=r"needs at least one image on every worker, got a batch of \(0, 4, 3, 3\)"):
        norm._statistics(torch.empty(0, WIDTH, 3, 3))

"""Two real workers over gloo: SyncBN is batch norm of both batches at once; a whole detector trains in step."""

import pytest
import torch
from torch import Tensor, distributed, multiprocessing, nn

from nars.models.norms import build_norm
from nars.models.sync_batch_norm import SyncBatchNorm

WIDTH = 4
SHAPES = [(2, 3, 3), (6, 5, 5)]
"""Images, height and width of each worker: 18 and 150 pixels."""


def inputs(shapes: list[tuple[int, int, int]]) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(n, WIDTH, h, w, generator=generator) * (r + 1) + r for r, (n, h, w) in enumerate(shapes)]


def scaled(norm: nn.Module) -> nn.Module:
    """With scales and shifts that are not all alike."""
    with torch.no_grad():
        norm.weight.copy_(torch.linspace(0.5, 2.0, WIDTH))
        norm.bias.copy_(torch.linspace(-1.0, 1.0, WIDTH))
    return norm


def worker(rank: int, store: str, directory: str, shapes: list[tuple[int, int, int]]) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    norm = scaled(build_norm("SyncBN", WIDTH))
    x = inputs(shapes)[rank].requires_grad_()
    y = norm(x)
    (y**3).sum().backward()
    found = {"y": y, "x": x.grad, "scale": norm.weight.grad, "shift": norm.bias.grad}
    found |= {"mean": norm.running_mean, "var": norm.running_var}
    torch.save({name: tensor.detach() for name, tensor in found.items()}, f"{directory}/{rank}.pt")
    distributed.destroy_process_group()


def closed(xs: list[Tensor]) -> tuple[list[Tensor], Tensor, Tensor]:
    """Outputs, mean and unbiased variance over all pixels of all workers."""
    pixels = torch.cat([x.transpose(0, 1).flatten(1) for x in xs], dim=1)
    mean, var = pixels.mean(dim=1), pixels.var(dim=1, unbiased=False)
    norm = scaled(nn.BatchNorm2d(WIDTH))
    outputs = [
        (x - mean[:, None, None]) * torch.rsqrt(var + 1e-5)[:, None, None] * norm.weight.detach()[:, None, None]
        + norm.bias.detach()[:, None, None]
        for x in xs
    ]
    return outputs, mean, var * pixels.shape[1] / (pixels.shape[1] - 1)


@pytest.mark.slow
@pytest.mark.parametrize("shapes", [SHAPES, [(0, 3, 3), (6, 5, 5)]])
def test_two_workers_are_one_batch(tmp_path: object, shapes: list[tuple[int, int, int]]) -> None:
    multiprocessing.spawn(worker, (f"{tmp_path}/store", str(tmp_path), shapes), nprocs=2)
    results = [torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2)]
    xs = [x.requires_grad_() for x in inputs(shapes)]
    outputs, mean, var = closed(xs)
    sum((y**3).sum() for y in outputs).backward()
    for x, y, result in zip(xs, outputs, results, strict=True):
        torch.testing.assert_close(result["y"], y.detach(), rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(result["x"], x.grad, rtol=1e-3, atol=2e-3)
        torch.testing.assert_close(result["mean"], 0.1 * mean.detach())
        torch.testing.assert_close(result["var"], 0.9 + 0.1 * var.detach())
    # A scale's gradient is a worker's own, as torch's: who trains on several workers adds them up.
    reference = scaled(nn.BatchNorm2d(WIDTH))
    pixels = torch.cat([x.detach().transpose(0, 1).flatten(1) for x in xs], dim=1)[None, :, :, None]
    (reference(pixels) ** 3).sum().backward()
    for name, expected in (("scale", reference.weight.grad), ("shift", reference.bias.grad)):
        torch.testing.assert_close(results[0][name] + results[1][name], expected, rtol=1e-3, atol=2e-3)


def detector_worker(rank: int, store: str, directory: str, norm: str) -> None:
    from tests.models.detector.tiny import batch, tiny

    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    torch.manual_seed(rank)
    detector = tiny(norm=norm).train()
    images, targets = batch()
    own = [torch.rand(3, 64, 64) for _ in range(1 + rank)]
    sum(detector(own, targets[: 1 + rank]).values()).backward()
    torch.save({n: b for n, b in detector.named_buffers() if "running" in n}, f"{directory}/{rank}.pt")
    assert len(images) == 2
    distributed.destroy_process_group()


@pytest.mark.slow
@pytest.mark.parametrize("norm", ["SyncBN", "naiveSyncBN", "naiveSyncBN_N"])
def test_a_detector_trains_in_step(tmp_path: object, norm: str) -> None:
    """Trunk and heads keep the same statistics on both workers, which saw other images and regions."""
    multiprocessing.spawn(detector_worker, (f"{tmp_path}/store", str(tmp_path), norm), nprocs=2)
    a, b = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2))
    assert len(a) > 40
    for name in a:
        torch.testing.assert_close(a[name], b[name])


def test_eval_mode_is_batch_norm_by_running_statistics() -> None:
    norm = SyncBatchNorm(WIDTH).eval()
    norm.running_mean += 2
    norm.running_var *= 4
    x = inputs(SHAPES)[0]
    torch.testing.assert_close(norm(x), (x - 2) / (4 + 1e-5) ** 0.5)


def test_what_torchs_own_forward_reads_is_there() -> None:
    """On a card it does the work; without a group it is batch norm, here as there."""
    ours, theirs = scaled(SyncBatchNorm(WIDTH)), scaled(nn.BatchNorm2d(WIDTH))
    x = inputs(SHAPES)[1]
    torch.testing.assert_close(ours._on_cards(x), theirs(x))
    torch.testing.assert_close(ours.running_var, theirs.running_var)

"""naiveSyncBN: batch norm whose statistics are averaged over workers (reference/fbnetv3.md section 5)."""

from typing import Literal

import torch
from torch import Tensor, distributed, nn
from torch.distributed.nn.functional import all_reduce

from nars.errors import ModelError

StatsMode = Literal["", "N"]


class NaiveSyncBatchNorm(nn.BatchNorm2d):
    """Batch norm over all workers of the default process group, on any device.

    Differs from ``SyncBatchNorm`` in two ways, both kept for parity with published detectors: by default
    every worker weighs the same however many images it has, and the running variance is the biased one. In
    eval mode, and with one worker, it is ordinary batch norm.
    """

    def __init__(self, width: int, *, stats_mode: StatsMode = "") -> None:
        """A norm of ``width`` channels.

        Args:
            width: Channels.
            stats_mode: Weight of a worker: the same for all, or (``"N"``) its number of images, which may
                then be 0.
        """
        super().__init__(width)
        self.stats_mode = stats_mode

    def forward(self, x: Tensor) -> Tensor:
        """Normalised features, `N x C x H x W` like the input; statistics are computed in float32.

        Raises:
            ModelError: If the batch is empty while every worker weighs the same.
        """
        if not self.training or not distributed.is_initialized() or distributed.get_world_size() == 1:
            return super().forward(x)
        mean_C, square_C, total = self._statistics(x.float())
        variance_C = square_C - mean_C * mean_C
        self._update_running(mean_C.detach(), variance_C.detach(), total)
        scale_C = self.weight * torch.rsqrt(variance_C + self.eps)
        shift_C = self.bias - mean_C * scale_C
        return (x.float() * scale_C.view(1, -1, 1, 1) + shift_C.view(1, -1, 1, 1)).to(x.dtype)

    def _statistics(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Mean and mean of squares per channel over all workers, and the sum of the workers' weights."""
        if x.shape[0] == 0 and self.stats_mode == "":
            raise ModelError(f"naiveSyncBN needs at least one image on every worker, got a batch of {tuple(x.shape)}")
        weight = float(x.shape[0]) if self.stats_mode == "N" else 1.0
        # A sum over nothing is 0, a mean over nothing is not a number.
        pixels = max(1, x.shape[0] * x.shape[2] * x.shape[3])
        sums = torch.cat([x.sum(dim=(0, 2, 3)), (x * x).sum(dim=(0, 2, 3))]) / pixels
        reduced: Tensor = all_reduce(torch.cat([sums * weight, sums.new_tensor([weight])]))  # type: ignore[no-untyped-call]
        total = reduced[-1].detach()
        mean_C, square_C = torch.split(reduced[:-1] / total.clamp(min=1.0), self.num_features)
        return mean_C, square_C, total

    def _update_running(self, mean_C: Tensor, variance_C: Tensor, total: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        momentum = self.momentum * (total > 0)  # a batch that is empty everywhere teaches nothing
        self.running_mean += momentum * (mean_C - self.running_mean)
        self.running_var += momentum * (variance_C - self.running_var)
        self.num_batches_tracked += 1

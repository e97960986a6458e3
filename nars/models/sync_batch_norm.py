"""SyncBN: batch norm over the pixels of all workers, each weighing by how many it has."""

import torch
from torch import Tensor, distributed, nn
from torch.distributed.nn.functional import all_reduce


class SyncBatchNorm(nn.BatchNorm2d):
    """torch's synchronised batch norm, on CPUs too.

    torch's own refuses CPU tensors as soon as a process group exists, even one of a single worker, and its
    DistributedDataParallel refuses networks on CPUs that hold a subclass of it: hence its forward pass is borrowed.
    With one worker this is batch norm on every device.
    """

    process_group = None
    """The default one; read by torch's forward pass, as is what follows."""
    _check_non_zero_input_channels = nn.SyncBatchNorm._check_non_zero_input_channels  # noqa: SLF001

    def forward(self, x: Tensor) -> Tensor:
        """Normalised features, `N x C x H x W` like the input; a worker may have none."""
        if not distributed.is_initialized() or distributed.get_world_size() == 1 or not self.training:
            return super().forward(x)
        return self._on_cards(x) if x.is_cuda else self._synchronised(x.float()).to(x.dtype)

    def _on_cards(self, x: Tensor) -> Tensor:
        return nn.SyncBatchNorm.forward(self, x)  # type: ignore[arg-type]  # it has all that is read there

    def _synchronised(self, x: Tensor) -> Tensor:
        count = x.new_tensor([x.shape[0] * x.shape[2] * x.shape[3]])
        sums = torch.cat([x.sum(dim=(0, 2, 3)), (x * x).sum(dim=(0, 2, 3)), count])
        reduced: Tensor = all_reduce(sums)  # type: ignore[no-untyped-call]
        total = reduced[-1].detach()
        mean_C, square_C = torch.split(reduced[:-1] / total.clamp(min=1.0), self.num_features)
        variance_C = square_C - mean_C * mean_C
        self._update_running(mean_C.detach(), variance_C.detach(), total)
        scale_C = self.weight * torch.rsqrt(variance_C + self.eps)
        shift_C = self.bias - mean_C * scale_C
        return x * scale_C.view(1, -1, 1, 1) + shift_C.view(1, -1, 1, 1)

    def _update_running(self, mean_C: Tensor, variance_C: Tensor, total: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        momentum = self.momentum * (total > 0)  # a batch that is empty everywhere teaches nothing
        unbiased_C = variance_C * total / (total - 1).clamp(min=1.0)  # as batch norm keeps it
        self.running_mean += momentum * (mean_C - self.running_mean)
        self.running_var += momentum * (unbiased_C - self.running_var)
        self.num_batches_tracked += 1

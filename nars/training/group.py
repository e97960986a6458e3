"""The processes that train one candidate together: each takes its share of every batch, gradients are averaged.

They run the same code on the same data with the same seed; a process alone is a group of one. The norms that reach over
processes (SyncBN, naiveSyncBN) find the same group by themselves.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

T = TypeVar("T")

_PATIENCE = timedelta(minutes=30)
"""For one another; a process that has ended is noticed at once."""


@contextmanager
def joined(rank: int, size: int, *, meeting: Path) -> Iterator[None]:
    """This process is one of a group inside.

    Args:
        rank: Of this process, from 0.
        size: Processes in all, on this machine.
        meeting: A file that none of them has made yet and all of them see.
    """
    distributed.init_process_group(
        "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo",
        init_method=f"file://{meeting.resolve()}",
        rank=rank,
        world_size=size,
        timeout=_PATIENCE,
    )
    try:
        yield
    finally:
        distributed.destroy_process_group()


def size() -> int:
    """Processes of the group."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    """Of this process; the first, 0, validates, saves and reports."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def share(rows: Tensor) -> Tensor:
    """This process's part of a batch of at least as many rows as there are processes."""
    return rows.tensor_split(size())[rank()]


def spread(network: nn.Module, *, may_skip: bool = False) -> nn.Module:
    """The network with its gradients averaged over the group at each backward pass.

    Args:
        network: With the same weights in every process.
        may_skip: Whether a pass may leave some parameters out.
    """
    if size() == 1:
        return network
    return DistributedDataParallel(network, find_unused_parameters=may_skip)


def mean(value: Tensor) -> Tensor:
    """Of a number over the group."""
    if size() == 1:
        return value
    total = value.detach().cpu().clone()
    distributed.all_reduce(total)
    return total / size()


def told_by_first(tell: Callable[[], T]) -> T:
    """What the first process computes, in every process."""
    if size() == 1:
        return tell()
    told: list[T | None] = [tell() if rank() == 0 else None]
    distributed.broadcast_object_list(told, src=0, device=torch.device("cpu"))
    found = told[0]
    assert found is not None
    return found


def wait() -> None:
    """Until every process has come here."""
    if size() > 1:
        mean(torch.zeros(()))

"""What depends on the device: where tensors lie, in which layout and precision."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import torch
from torch import Tensor

from nars.training import group

_SHARE_FOR_DATA = 0.5
"""Images may take this much of the free device memory; the rest is for activations."""

MEMORY_FORMAT = torch.channels_last
"""Tensor cores read it as it is; on a CPU, depthwise nets of a million MACs trained 1.5 times as fast with it."""


def choose_device(name: str) -> torch.device:
    """The device of a name such as ``cpu`` or ``cuda:1``; ``auto`` is CUDA where there is one.

    In a group ``auto`` and ``cuda`` are each process's own card.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and group.size() > 1:
        return torch.device("cuda", group.rank() % torch.cuda.device_count())
    return torch.device(name)


def gpu_memory_bytes() -> tuple[int, ...]:
    """The memory of each GPU of this machine."""
    cards = range(torch.cuda.device_count())
    return tuple(int(torch.cuda.get_device_properties(card).total_memory) for card in cards)


@contextmanager
def on_card(card: int, *, memory_bytes: int | None) -> Iterator[None]:
    """Inside, ``cuda`` is this card, of whose memory the process gets no more; afterwards it keeps none of it."""
    share = 1.0 if memory_bytes is None else min(1.0, memory_bytes / gpu_memory_bytes()[card])
    torch.cuda.set_device(card)
    torch.cuda.set_per_process_memory_fraction(share, card)
    try:
        yield
    finally:
        torch.cuda.empty_cache()


def is_limited(device: torch.device) -> bool:
    """Whether this process may use only a part of the device's memory."""
    # a device without an index is refused here, unlike elsewhere
    return device.type == "cuda" and torch.cuda.get_per_process_memory_fraction(device.index) < 1


def forget_peak_memory(device: torch.device) -> None:
    """Starts what `peak_memory_bytes` looks back on."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak_memory_bytes(device: torch.device) -> int | None:
    """The most that this process has held of a GPU's memory; none on the CPU."""
    return torch.cuda.max_memory_reserved(device) if device.type == "cuda" else None


def describe_device(device: torch.device) -> str:
    """The device's kind, and the model of a GPU."""
    return f"cuda ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else device.type


def place(images: Tensor, device: torch.device) -> Tensor:
    """Images on a device in the layout of the network."""
    return images.to(device, memory_format=MEMORY_FORMAT, non_blocking=True)


def place_data(tensor: Tensor, device: torch.device) -> Tensor:
    """A whole split's tensor on the device where it fits, else as it was, to be moved batch by batch."""
    if device.type != "cuda":
        return tensor
    free_bytes, _ = torch.cuda.mem_get_info(device)
    return tensor.to(device) if tensor.nbytes < free_bytes * _SHARE_FOR_DATA else tensor


def autocast(device: torch.device) -> AbstractContextManager[None]:
    """bfloat16 on CUDA; float32 on the CPU, where it is exact and not slower for networks this small."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda")


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """All of torch's generators start from ``seed`` inside, and are as before afterwards."""
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        yield


@contextmanager
def deterministic() -> Iterator[None]:
    """Lets cuDNN take only algorithms that give the same bits every time; no effect on the CPU."""
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True):
        yield

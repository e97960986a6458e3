"""Measures operators on this machine, each as the very module that a built network runs."""

import logging
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter_ns

import numpy as np
import torch
from torch import Tensor, nn

from nars.cost.operator import Operator, Timing, operator_columns
from nars.errors import CostError
from nars.models.classifier import Classifier, build_network
from nars.space.architecture import Architecture
from nars.space.columns import architecture_columns

_log = logging.getLogger(__name__)


def device_name(device: str) -> str:
    """The processor behind a torch device; a CPU's with the number of threads that torch uses.

    Raises:
        CostError: If it is neither ``cpu`` nor a CUDA device of this machine.
    """
    kind = device.partition(":")[0]
    if kind == "cpu":
        return f"{_cpu_name()} ({torch.get_num_threads()} threads)"
    if kind != "cuda":
        raise CostError(f"device must be cpu or cuda, got {device!r}")
    if not torch.cuda.is_available():
        raise CostError(f"this machine has no CUDA device, got device {device!r}")
    number = device.partition(":")[2] or "0"
    if not number.isdecimal() or int(number) >= torch.cuda.device_count():
        raise CostError(f"device must be cuda:N with N < {torch.cuda.device_count()}, got {device!r}")
    return torch.cuda.get_device_name(device)


def measure_operators(
    architectures: Sequence[Architecture], *, device: str, repeats: int, warmup: int
) -> dict[Operator, Timing]:
    """Timings of each distinct operator of the architectures, in the order of first use.

    Raises:
        ModelError: If one cannot be built.
    """
    timings: dict[Operator, Timing] = {}
    for architecture in architectures:
        for operator, module in _modules(architecture):
            if operator not in timings:
                timings[operator] = _measure(module, operator, device=device, repeats=repeats, warmup=warmup)
    return timings


def measure_operator(
    operator: Operator, architecture: Architecture, *, device: str, repeats: int, warmup: int
) -> Timing:
    """Timing of one operator of an architecture.

    Raises:
        ModelError: If the architecture cannot be built.
    """
    module = next(module for found, module in _modules(architecture) if found == operator)
    return _measure(module, operator, device=device, repeats=repeats, warmup=warmup)


def measure_module(module: nn.Module, *, in_channels: int, size: int, device: str, repeats: int, warmup: int) -> Timing:
    """Timing of any module at batch 1 and in float32.

    Args:
        module: In eval mode; moved to the device.
        in_channels: Channels of its input.
        size: Height and width of its input in pixels.
        device: A torch device, ``cpu`` or ``cuda``.
        repeats: Timed runs.
        warmup: Untimed runs before them.
    """
    module = module.to(device)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn((1, in_channels, size, size), generator=generator).to(device)
    with torch.inference_mode():
        for _ in range(warmup):
            module(x)
        runs_ms = [_run_ms(module, x) for _ in range(repeats)]
    first, median, third = np.quantile(runs_ms, [0.25, 0.5, 0.75])
    return Timing(latency_ms=float(median), iqr_ms=float(third - first))


def _modules(architecture: Architecture) -> Iterator[tuple[Operator, nn.Module]]:
    """Each operator of a network with the module that is it; the first of those that a stage repeats."""
    with torch.random.fork_rng(devices=[]):  # the weights do not matter, the caller's random numbers do
        network = build_network(architecture).eval()
    modules: list[nn.Module] = [network.stem]
    for stage in network.stages:
        assert isinstance(stage, nn.Sequential)
        modules.extend(stage[:2])
    if isinstance(network, Classifier):
        modules.append(network.head)
    operators = operator_columns(architecture_columns([architecture]))
    yield from zip((columns.operator(0) for columns in operators), modules, strict=True)


def _measure(module: nn.Module, operator: Operator, *, device: str, repeats: int, warmup: int) -> Timing:
    timing = measure_module(
        module, in_channels=operator.in_width, size=operator.in_size, device=device, repeats=repeats, warmup=warmup
    )
    _log.info("%s: %.4f ms", operator, timing.latency_ms)
    return timing


def _run_ms(module: nn.Module, x: Tensor) -> float:
    _wait(x.device)
    start_ns = perf_counter_ns()
    module(x)
    _wait(x.device)
    return (perf_counter_ns() - start_ns) / 1e6


def _wait(device: torch.device) -> None:
    if device.type == "cuda":  # kernels run behind Python's back
        torch.cuda.synchronize(device)


def _cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

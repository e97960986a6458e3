"""Which executor runs a search: worker processes of this machine, or a Ray cluster."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from nars.cost.formula import candidate_cost
from nars.cost.train_memory import train_memory_bytes
from nars.errors import NarsError
from nars.evaluation.card_evaluator import CardEvaluator
from nars.evaluation.cards import Cards
from nars.evaluation.evaluator import TrialTask
from nars.evaluation.events import Event
from nars.evaluation.group import GroupEvaluator
from nars.evaluation.local import LocalExecutor
from nars.evaluation.ray import RayExecutor
from nars.evaluation.ray_cluster import RayOptions
from nars.evaluation.tasks import evaluator_of
from nars.space.search_space import SearchSpace
from nars.space.settings import SearchSettings
from nars.training.device import choose_device, gpu_memory_bytes

_ANY_GPU = ("auto", "cuda")
"""Devices that name no card."""


class Executor(Protocol):
    """Runs trials; a context manager that ends its workers."""

    def __enter__(self) -> Self:
        """The executor itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends all workers."""

    def run(self, tasks: Iterable[TrialTask]) -> Iterator[Event]:
        """Runs trials and tells what happens; see `LocalExecutor.run`."""


def executor_for(
    space: SearchSpace,
    settings: SearchSettings,
    *,
    folder: Path,
    workers: int | None,
    device: str,
    ray: RayOptions | None,
    share_gpus: bool = False,
    profile: bool = False,
) -> Executor:
    """The executor of a search.

    Args:
        space: Its task and data.
        settings: Threads, processes and longest time of a trial.
        folder: The experiment's, which holds ``splits.json``.
        workers: Of this machine; by default one for each trial that the cores hold, or one for each GPU.
        device: ``auto`` is the GPU where there is one.
        ray: The cluster to use instead of this machine.
        share_gpus: Whether each GPU of this machine trains as many trials at once as its memory holds.
        profile: Whether evaluations tell where the time went.

    Raises:
        NarsError: If the cluster cannot be used, or GPUs are to be shared where there are none.
    """
    threads, timeout_s = settings.threads, settings.trial_timeout_s
    processes = settings.processes
    # a Ray worker may start in another folder than the driver did
    evaluator = evaluator_of(
        space, folder.absolute(), threads=threads, device=device, backend=settings.backend, profile=profile
    )
    if processes > 1:
        evaluator = GroupEvaluator(evaluator=evaluator, processes=processes)
    if ray is not None:
        if share_gpus:
            raise NarsError("a Ray cluster shares GPUs by a number of GPUs per trial, such as 0.25, got auto")
        return RayExecutor(
            evaluator, folder=folder, options=ray, threads=threads, processes=processes, timeout_s=timeout_s
        )
    cards = _cards(device, processes=processes, shared=share_gpus)
    if cards is not None:
        evaluator = CardEvaluator(evaluator=evaluator)
    workers = workers or _default_workers(threads * processes, device, cards)
    return LocalExecutor(evaluator, workers=workers, threads=threads, timeout_s=timeout_s, cards=cards)


def _cards(device: str, *, processes: int, shared: bool) -> Cards | None:
    """The GPUs among which trials are to be spread; none where the device says all."""
    if shared and processes > 1:
        raise NarsError(f"only trials of one process can share GPUs, got {processes} processes a trial")
    if shared and device not in _ANY_GPU:
        raise NarsError(f"trials share all GPUs of the machine: device must be {' or '.join(_ANY_GPU)}, got {device}")
    memory_bytes = gpu_memory_bytes() if processes == 1 and device in _ANY_GPU else ()
    if shared and not memory_bytes:
        raise NarsError("trials are to share GPUs, but torch finds none on this machine")
    if shared:
        return Cards(memory_bytes, predicted_bytes=_predicted_bytes)
    return Cards(memory_bytes) if len(memory_bytes) > 1 else None


def _predicted_bytes(task: TrialTask) -> int:
    return train_memory_bytes(task.candidate.recipe, candidate_cost(task.candidate))


def _default_workers(threads: int, device: str, cards: Cards | None) -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    by_core = max(1, cores // threads)
    if cards is not None:
        return min(by_core, cards.most_workers)
    return 1 if choose_device(device).type == "cuda" else by_core

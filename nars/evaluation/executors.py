"""Which executor runs a search: worker processes of this machine, or a Ray cluster."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from nars.evaluation.evaluator import TrialTask
from nars.evaluation.events import Event
from nars.evaluation.group import GroupEvaluator
from nars.evaluation.local import LocalExecutor
from nars.evaluation.ray import RayExecutor
from nars.evaluation.ray_cluster import RayOptions
from nars.evaluation.tasks import evaluator_of
from nars.space.search_space import SearchSpace
from nars.space.settings import SearchSettings


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
    profile: bool = False,
) -> Executor:
    """The executor of a search.

    Args:
        space: Its task and data.
        settings: Threads, processes and longest time of a trial.
        folder: The experiment's, which holds ``splits.json``.
        workers: Of this machine; one for each trial that the cores hold by default, one on a GPU.
        device: ``auto`` is the GPU where there is one.
        ray: The cluster to use instead of this machine.
        profile: Whether evaluations tell where the time went.

    Raises:
        NarsError: If the cluster cannot be used.
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
        return RayExecutor(
            evaluator, folder=folder, options=ray, threads=threads, processes=processes, timeout_s=timeout_s
        )
    workers = workers or _default_workers(threads * processes)
    return LocalExecutor(evaluator, workers=workers, threads=threads, timeout_s=timeout_s)


def _default_workers(threads: int) -> int:
    import torch

    if torch.cuda.is_available():
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // threads)

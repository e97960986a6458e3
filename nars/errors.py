"""Every error that NARS raises on purpose, below one base.

A message names the path, the rule that must hold and the value that broke it, so that it can be shown as it is.
"""

from collections.abc import Sequence


class NarsError(Exception):
    """Base of all NARS errors; the command line prints the message and exits with ``exit_code``."""

    exit_code = 2


class SpaceError(NarsError):
    """A search space, architecture or recipe document breaks a rule; holds every problem found, not the first.

    Attributes:
        problems: One line each, ending in ``@ $.path.of.the.key``.
    """

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source = source
        self.problems = tuple(problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"{source}:\n{lines}" if len(self.problems) != 1 else f"{source}: {self.problems[0]}")


class InfeasibleSpaceError(NarsError):
    """No sampled candidate meets the constraints."""


class ExhaustedSpaceError(NarsError):
    """Every candidate of the space (or every one that meets the constraints) was tried."""


class DataError(NarsError):
    """A data folder or file is absent, empty, unreadable or does not fit the space."""


class ModelError(NarsError):
    """An architecture cannot be built, or weights do not fit it."""


class CostError(NarsError):
    """A cost cannot be told: an operator that is not counted, a latency table without an entry."""


class DivergedError(NarsError):
    """A training run's loss is not finite or has left every useful range."""

    exit_code = 1


class CheckpointError(NarsError):
    """A checkpoint file is truncated or is of another run."""


class ExperimentError(NarsError):
    """An experiment folder is absent, in use, of another space, or cannot be written."""


class InUseError(ExperimentError):
    """Another process works on the experiment."""


class TrialEndedError(ExperimentError):
    """A trial has ended already and cannot change."""


class NotFittedError(NarsError):
    """A predictor was asked before it was fitted."""


class SameFingerprintError(NarsError):
    """Two different candidates were trained in exactly the same way: a knob did not take effect."""

    exit_code = 1


class AllTrialsFailedError(NarsError):
    """Every trial of a round failed, so that there is nothing to learn from."""

    exit_code = 1


class BundleError(NarsError):
    """A bundle is damaged, incomplete, or does not reproduce what it records."""


_OUT_OF_MEMORY_MESSAGES = (
    "DefaultCPUAllocator: can't allocate memory",
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
)
"""Torch raises these as plain `RuntimeError`."""


def is_out_of_memory(error: Exception) -> bool:
    """Whether an exception says that memory was short, on the host or on a GPU."""
    # torch.OutOfMemoryError goes by its name: torch must not be loaded here
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"MemoryError", "OutOfMemoryError"}) or any(
        text in str(error) for text in _OUT_OF_MEMORY_MESSAGES
    )

"""What happens to trials while an executor runs them."""

from dataclasses import dataclass

from nars.trials import EpochRecord, Evaluation, Failure


@dataclass(frozen=True, slots=True)
class Started:
    """A worker has begun with the trial."""

    number: int


@dataclass(frozen=True, slots=True)
class Epoch:
    """The trial has finished an epoch; its checkpoint is on disk."""

    number: int
    record: EpochRecord


@dataclass(frozen=True, slots=True)
class Finished:
    """The trial is complete; its last event."""

    number: int
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class Failed:
    """The trial has failed; its last event."""

    number: int
    failure: Failure


Event = Started | Epoch | Finished | Failed

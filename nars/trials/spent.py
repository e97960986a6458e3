"""Where the time of a trial went."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """Seconds of one run by phase, in the process that ended it: what a killed one or an earlier trial did is not here.

    Of a whole trial they sum to its seconds but for a few thousandths.
    """

    prepare_s: float = 0.0
    """Building the network and reading a checkpoint."""
    data_s: float = 0.0
    """Taking, augmenting and mixing training images, and their way to the device."""
    forward_s: float = 0.0
    backward_s: float = 0.0
    optimizer_s: float = 0.0
    """Zeroed gradients, step, learning rate and weight average."""
    validation_s: float = 0.0
    storage_s: float = 0.0
    """Checkpoints, and telling of epochs."""

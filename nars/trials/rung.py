"""Where a run may end early: rungs of successive halving."""

from collections.abc import Sequence
from dataclasses import dataclass

from nars.trials.trial import epoch_at


@dataclass(frozen=True, kw_only=True, slots=True)
class Rung:
    """A run that is less accurate at this share of its epochs ends there."""

    share: float
    """In (0, 1)."""
    accuracy: float
    """The least that goes on."""


def last_epoch(curve: Sequence[float], *, epochs: int, rungs: Sequence[Rung]) -> int | None:
    """The epoch at which a run ends early; none where it has passed every rung that it has come to.

    Args:
        curve: Accuracies from epoch 1 on.
        epochs: Of the full recipe.
        rungs: In any order.
    """
    ends = [(epoch_at(epochs, rung.share), rung.accuracy) for rung in rungs]
    return min((epoch for epoch, least in ends if epoch <= len(curve) and curve[epoch - 1] < least), default=None)

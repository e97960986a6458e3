"""When a trial ran: kept apart from the trial record, which is the same for the same seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """When a trial was started and ended, in UTC."""

    number: int
    started: datetime | None
    """When it was first added; a trial that was interrupted keeps that time."""
    ended: datetime | None
    """None while it runs."""


def hours_to_ends(timings: Sequence[Timing]) -> list[float | None]:
    """Hours from the first start of any trial to the end of each; none where it has not ended."""
    first = min((timing.started for timing in timings if timing.started), default=None)
    return [
        (timing.ended - first).total_seconds() / 3600 if timing.ended is not None and first is not None else None
        for timing in timings
    ]

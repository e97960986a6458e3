"""When a trial ran: kept apart from the trial record, which is the same for the same seed."""

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

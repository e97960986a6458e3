"""Where the time of a search went outside its trials."""

import time
from dataclasses import dataclass, field


@dataclass(kw_only=True, slots=True)
class SearchSpent:
    """Seconds of the searching process since it began; trials run beside it."""

    began_s: float = field(default_factory=time.monotonic)
    """On the monotonic clock."""
    start_s: float = 0.0
    """Until the first trial started: the study and its data, the first proposals, a worker's imports and data."""
    proposal_s: float = 0.0
    """Choosing candidates and writing them down, those of the first round included."""
    storage_s: float = 0.0
    """Writing epochs and ends of trials."""
    wall_s: float = 0.0
    """The whole search."""

    def now_s(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began_s

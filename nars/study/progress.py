"""What a search tells while it runs."""

from collections.abc import Sequence

from nars.study.plan import PlannedRound
from nars.study.spent import SearchSpent
from nars.trials import EpochRecord, Trial


class Progress:
    """Hears of a search; this one stays silent. Override what you want to show."""

    def round_started(self, planned: PlannedRound, trials: Sequence[Trial]) -> None:
        """A round begins, or goes on after an interruption, with these unfinished trials."""

    def trial_started(self, trial: Trial) -> None:
        """A worker has begun with a trial."""

    def epoch_ended(self, trial: Trial, record: EpochRecord) -> None:
        """A trial has finished an epoch."""

    def trial_ended(self, trial: Trial) -> None:
        """A trial is complete or has failed."""

    def search_ended(self, spent: SearchSpent) -> None:
        """All trials have ended; not told where an error or Ctrl-C ended the search."""

"""What must hold when all trials of a round have ended."""

from collections.abc import Sequence

from nars.errors import AllTrialsFailedError
from nars.space import SearchSpace
from nars.study.fingerprints import check_fingerprints
from nars.trials import Trial


def check_round(space: SearchSpace, trials: Sequence[Trial], history: Sequence[Trial]) -> None:
    """Looks at the trials of a round, and at all trials so far.

    Raises:
        AllTrialsFailedError: If every trial of the round failed.
        SameFingerprintError: If two different candidates were trained alike.
    """
    failures = [trial.failure for trial in trials if trial.failure is not None]
    if failures and len(failures) == len(trials):
        reasons = sorted({f"{failure.reason}: {failure.message}" for failure in failures})
        raise AllTrialsFailedError(
            f"all {len(trials)} trials of round {trials[0].round} failed: {'; '.join(reasons[:3])}"
        )
    check_fingerprints(space, history)

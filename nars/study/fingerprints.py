"""Proof that a recipe's values took effect: different candidates must have been trained differently."""

from collections.abc import Sequence

from nars.errors import SameFingerprintError
from nars.space import Candidate, SearchSpace
from nars.trials import Trial


def check_fingerprints(space: SearchSpace, trials: Sequence[Trial]) -> None:
    """Different recipes must have trained differently.

    Equal recipes may: two spellings of one network, as expansions that round to the same width, are a wasted trial
    and no lost value.

    Raises:
        SameFingerprintError: With the settings that had no effect.
    """
    seen: dict[str, Trial] = {}
    for trial in trials:
        if trial.evaluation is None or trial.evaluation.applied is None:
            continue
        twin = seen.setdefault(trial.evaluation.applied.fingerprint, trial)
        if twin.candidate.recipe != trial.candidate.recipe:
            differ = ", ".join(_differences(space, twin.candidate, trial.candidate))
            raise SameFingerprintError(
                f"trials {twin.number} and {trial.number} differ in {differ} and were trained exactly alike: "
                f"that setting has no effect in this space; fix it in the space file"
            )


def _differences(space: SearchSpace, a: Candidate, b: Candidate) -> list[str]:
    values_a, values_b = space.values_of(a), space.values_of(b)
    return [path for path in {**values_a, **values_b} if values_a.get(path) != values_b.get(path)]

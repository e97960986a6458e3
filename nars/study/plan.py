"""The plan of a search: its rounds in order, known before the first training.

A plan is a pure function of the settings and of the trials asked for, so that a resumed search knows exactly where
it stands.
"""

from dataclasses import dataclass

from nars.space.settings import SearchSettings
from nars.trials import SearchStage


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedRound:
    """A batch of trials that are proposed together, from all rounds before."""

    index: int
    stage: SearchStage
    size: int
    """Trials of the round, at least 1; fewer run where the space holds no more."""


def plan(settings: SearchSettings, budgets: tuple[int, ...]) -> tuple[PlannedRound, ...]:
    """All rounds of a search.

    Args:
        settings: Sizes of the rounds.
        budgets: Trials asked for: by the search first, then by each resume that wanted more. Each ends with a final
            stage of at most half of its trials.
    """
    rounds: list[PlannedRound] = []
    for segment, trials in enumerate(budgets):
        final = min(settings.final, trials // 2 if segment == 0 else (trials + 1) // 2)
        coarse = trials - final
        while coarse:
            size = min(coarse, settings.round_size if rounds else settings.first_round)
            rounds.append(PlannedRound(index=len(rounds), stage=SearchStage.COARSE, size=size))
            coarse -= size
        if final:
            rounds.append(PlannedRound(index=len(rounds), stage=SearchStage.FINAL, size=final))
    return tuple(rounds)

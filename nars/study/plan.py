"""The plan of a search: its rounds in order, known before the first training.

A plan is a pure function of the settings and of the trials asked for, so that a resumed search knows exactly where
it stands.
"""

from dataclasses import dataclass

from nars.space.settings import SearchSettings
from nars.trials import FamilyBudget, SearchStage


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedRound:
    """A batch of trials that are proposed together, from all rounds before."""

    index: int
    stage: SearchStage
    size: int
    """Trials of the round, at least 1; fewer run where the space holds no more."""
    family: FamilyBudget | None = None
    """Of a final round that takes one winner for each of several budgets."""


def plan(settings: SearchSettings, budgets: tuple[int | FamilyBudget, ...]) -> tuple[PlannedRound, ...]:
    """All rounds of a search.

    Args:
        settings: Sizes of the rounds.
        budgets: What was asked for: trials by the search first, then trials by each resume that wanted more, each
            ending with a final stage of at most half of them; or the winners of a family.
    """
    rounds: list[PlannedRound] = []
    for segment, trials in enumerate(budgets):
        if isinstance(trials, FamilyBudget):
            size = len(trials.maxima)
            rounds.append(PlannedRound(index=len(rounds), stage=SearchStage.FINAL, size=size, family=trials))
            continue
        final = min(settings.final, trials // 2 if segment == 0 else (trials + 1) // 2)
        coarse = trials - final
        while coarse:
            size = min(coarse, settings.round_size if rounds else settings.first_round)
            rounds.append(PlannedRound(index=len(rounds), stage=SearchStage.COARSE, size=size))
            coarse -= size
        if final:
            rounds.append(PlannedRound(index=len(rounds), stage=SearchStage.FINAL, size=final))
    return tuple(rounds)

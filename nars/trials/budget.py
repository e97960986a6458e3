"""What a study was asked for after its first trials: winners for several budgets of one cost."""

from dataclasses import dataclass

from nars.trials.cost import CostName


@dataclass(frozen=True, kw_only=True, slots=True)
class FamilyBudget:
    """One network for each of several maxima of a cost, each trained in full."""

    cost: CostName
    maxima: tuple[float, ...]
    """Each above 0, rising."""

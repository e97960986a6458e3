"""Successive halving: a run goes on while it is among the best that have come as far (ASHA, Li et al. 2020).

The bars of a run are fixed by the runs before it, so that they are the same however many run side by side.
"""

from collections.abc import Sequence

from nars.predictors.curves import Curve
from nars.trials import Rung

REDUCTION = 3
"""One run of so many goes on from a rung, and trains so many times as long."""
NUM_RUNGS = 2
"""At 1/9 and 1/3 of a recipe's epochs."""


def rungs(curves: Sequence[Curve]) -> tuple[Rung, ...]:
    """The rungs of new runs, the earliest first; none where fewer than ``REDUCTION`` runs have come as far.

    Args:
        curves: Of runs that have ended.
    """
    found = []
    for power in range(NUM_RUNGS, 0, -1):
        share = float(REDUCTION) ** -power
        there = sorted((curve.at(share) for curve in curves if curve.reached >= share), reverse=True)
        if len(there) >= REDUCTION:
            promoted = (len(there) + 1) // REDUCTION  # of those there and the new one
            found.append(Rung(share=share, accuracy=there[promoted - 1]))
    return tuple(found)

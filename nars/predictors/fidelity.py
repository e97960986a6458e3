"""How early a training may stop and still rank candidates as the end does (FBNetV3, section 3.3: correlation 0.92).

Candidates have different numbers of epochs and schedules that are functions of progress, so the common measure is the
share of a recipe's epochs, not an epoch. A curve is a list of validation accuracies, the first of them after epoch 1.
Shapes: N curves, S shares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from nars.predictors.rank import spearman
from nars.trials import epoch_at

GRID = 20
"""Shares that are tried: 1/20, 2/20, ..., 1."""
CONFIRMING = 3
"""Shares in a row that must rank so."""
MIN_CURVES = 3
"""With fewer curves a rank correlation says nothing (two are always in order or reversed)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FidelityChoice:
    """The share of its epochs that later trials get."""

    fidelity: float
    """In (0, 1]."""
    correlation: float
    """Spearman's correlation between accuracy at that share and final accuracy; 1 for the whole run."""


def choose_fidelity(curves: Sequence[Sequence[float]], *, threshold: float = 0.92) -> FidelityChoice:
    """Smallest share of progress at which accuracies rank the candidates as the final ones do.

    The next two shares must rank so as well: a few curves may agree with their ends early on by chance.

    Args:
        curves: Full learning curves, one per candidate of the first round; lengths may differ.
        threshold: Spearman correlation that is enough, in (0, 1].

    Returns:
        The share and the correlation reached there. The whole run (1.0) where nothing can be learnt: fewer than
        three curves, or all final accuracies equal.
    """
    whole = FidelityChoice(fidelity=1.0, correlation=1.0)
    final_N = np.array([curve[-1] for curve in curves], dtype=np.float64)
    if len(curves) < MIN_CURVES or np.ptp(final_N) == 0:
        return whole
    early_NS = np.array([[curve[epoch - 1] for epoch in _epochs(len(curve))] for curve in curves], dtype=np.float64)
    correlations = [spearman(early_N, final_N) for early_N in early_NS.T]
    for step in range(1, GRID):
        if min(correlations[step - 1 : step - 1 + CONFIRMING]) >= threshold:
            return FidelityChoice(fidelity=step / GRID, correlation=correlations[step - 1])
    return whole


@cache
def _epochs(epochs: int) -> tuple[int, ...]:
    """Last epoch at each share but the whole."""
    return tuple(epoch_at(epochs, step / GRID) for step in range(1, GRID))


def accuracy_at(curve: Sequence[float], *, epochs: int, fidelity: float) -> float:
    """Accuracy that a run had reached at a share of its recipe's epochs.

    Args:
        curve: Accuracies from epoch 1 on; shorter than ``epochs`` where the run was stopped early.
        epochs: Epochs of the full recipe.
        fidelity: Share of them, in (0, 1].

    Raises:
        ValueError: If the curve ends before that epoch.
    """
    epoch = epoch_at(epochs, fidelity)
    if epoch > len(curve):
        raise ValueError(f"fidelity {fidelity} of {epochs} epochs needs {epoch} epochs, the curve has {len(curve)}")
    return float(curve[epoch - 1])

"""Learning curves of different lengths, compared at one share of their recipes' epochs.

A run that stopped early is told what it would have reached: by a line from the accuracies at its last share to those
at the common share, fitted on the runs that went further. Shapes: N curves.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nars.predictors.fidelity import accuracy_at
from nars.predictors.score import accuracy_of, score

Floats = NDArray[np.float64]

_FEWEST = 3
"""Runs that must have reached a share before others are told what they would have reached there."""
_ROWS_FOR_SLOPE_1 = 3
"""Runs that the assumption weighs that all gain alike."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """Validation accuracies of one run."""

    accuracies: tuple[float, ...]
    """From epoch 1 on; at least one."""
    epochs: int
    """Of the full recipe."""
    reached: float
    """Share of them that was trained, in (0, 1]."""

    def at(self, share: float) -> float:
        """Accuracy at a share of the epochs that the run has reached.

        Raises:
            ValueError: If it has not.
        """
        return accuracy_at(self.accuracies, epochs=self.epochs, fidelity=share)


def common_share(curves: Sequence[Curve]) -> float:
    """The largest share that three runs have reached; that of the shortest where there are no more than three."""
    reached = sorted((curve.reached for curve in curves), reverse=True)
    return reached[min(_FEWEST, len(reached)) - 1] if reached else 1.0


def accuracies_at(curves: Sequence[Curve], share: float) -> Floats:
    """Accuracy of each run at a share: as it was, or as it is expected where the run ended before, ``N``.

    Args:
        curves: At least one of them has reached the share.
        share: In (0, 1].
    """
    further = [curve for curve in curves if curve.reached >= share]
    then_N = score(np.array([curve.at(share) for curve in further]))
    expected: dict[float, tuple[float, float, float]] = {}
    accuracies = []
    for curve in curves:
        if curve.reached >= share:
            accuracies.append(curve.at(share))
            continue
        if curve.reached not in expected:
            expected[curve.reached] = _line(score(np.array([other.at(curve.reached) for other in further])), then_N)
        slope, x, y = expected[curve.reached]
        now = score(np.array([curve.at(curve.reached)]))
        accuracies.append(float(accuracy_of(y + slope * (now - x))[0]))
    return np.clip(np.array(accuracies, dtype=np.float64), 0.0, 1.0)


def _line(x_N: Floats, y_N: Floats) -> tuple[float, float, float]:
    """Slope of a line through the means, and the means: least squares with a prior that all gain alike (slope 1)."""
    x, y = float(x_N.mean()), float(y_N.mean())
    spread = float(np.sum((x_N - x) ** 2))
    prior = _ROWS_FOR_SLOPE_1 * spread / len(x_N)
    slope = (float(np.sum((x_N - x) * (y_N - y))) + prior) / (spread + prior) if spread > 0 else 1.0
    return slope, x, y

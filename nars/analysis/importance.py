"""What each knob is worth: shares of the variance of what the predictor expects over the whole space.

Sobol's decomposition (functional ANOVA; Hutter et al. 2014 for training settings), by pick and freeze: the estimators
of Jansen (1999) as in Saltelli et al. 2010. Shapes: N points, K knobs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from nars.space.codes import codes_from_unit
from nars.space.knobs import Knob

Floats = NDArray[np.float64]
Tell = Callable[[Floats], Floats]

NUM_POINTS = 1024
_LEAST_VARIANCE = 1e-20
"""Less is rounding."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """The part of the variance that some knobs bring."""

    name: str
    """A knob's path, ``architecture`` or ``recipe``."""
    alone: float
    """By themselves, whatever the others are; in [0, 1]."""
    total: float
    """With all interactions that they take part in; in [0, 1], at least ``alone`` but for noise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Importance:
    """How the variance of the expected accuracy divides."""

    deviation: float
    """Standard deviation of the expected accuracy over the space."""
    knobs: tuple[Share, ...]
    """The most important first."""
    architecture: Share
    recipe: Share

    @property
    def interaction(self) -> float:
        """The part that neither architecture nor recipe brings alone: what a search of one after the other misses."""
        return max(0.0, 1.0 - self.architecture.alone - self.recipe.alone)


def importance(
    tell: Tell, knobs: tuple[Knob, ...], *, rng: np.random.Generator, points: int = NUM_POINTS
) -> Importance:
    """Shares of all knobs, and of architecture and recipe as a whole; all 0 where nothing varies.

    Args:
        tell: Expected accuracy of each row of codes, ``N``; NaN where there is none (a network that cannot be built).
        knobs: Of the space; each is uniform over its domain, whatever the others are.
        rng: Of the points.
        points: How many; the error of a share falls with its root.
    """
    num_knobs = len(knobs)
    u_2 = qmc.Sobol(2 * num_knobs, scramble=True, rng=rng).random(points)
    a_NK, b_NK = u_2[:, :num_knobs], u_2[:, num_knobs:]
    told_a, told_b = tell(codes_from_unit(knobs, a_NK)), tell(codes_from_unit(knobs, b_NK))
    variance = float(np.nanvar(np.concatenate([told_a, told_b])))
    variance = variance if variance > _LEAST_VARIANCE else 0.0

    def share(name: str, columns: Sequence[int]) -> Share:
        mixed_NK = a_NK.copy()
        mixed_NK[:, columns] = b_NK[:, columns]
        told_N = tell(codes_from_unit(knobs, mixed_NK))
        if not variance > 0 or not columns:
            return Share(name=name, alone=0.0, total=0.0)
        alone = 1.0 - float(np.nanmean((told_b - told_N) ** 2)) / (2 * variance)
        total = float(np.nanmean((told_a - told_N) ** 2)) / (2 * variance)
        return Share(name=name, alone=min(max(alone, 0.0), 1.0), total=min(max(total, 0.0), 1.0))

    shares = [share(knob.path, [column]) for column, knob in enumerate(knobs)]
    architecture = [column for column, knob in enumerate(knobs) if knob.is_architecture]
    recipe = [column for column in range(num_knobs) if column not in architecture]
    return Importance(
        deviation=variance**0.5,
        knobs=tuple(sorted(shares, key=lambda one: (-one.total, one.name))),
        architecture=share("architecture", architecture),
        recipe=share("recipe", recipe),
    )

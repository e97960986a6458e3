"""Learning-rate schedules as pure functions of progress, so that any number of epochs runs the same course."""

import math
from collections.abc import Callable, Mapping

from nars.space.recipe import Recipe, Schedule

_FLOOR = 0.01
"""Where the exponential course ends."""

# Of t in [0, 1), the progress since the end of the warm-up.
_COURSES: Mapping[Schedule, Callable[[float], float]] = {
    "cosine": lambda t: 0.5 * (1 + math.cos(math.pi * t)),
    "linear": lambda t: 1 - t,
    "step": lambda t: 0.1 ** math.floor(3 * t),
    "exponential": lambda t: _FLOOR**t,
    "constant": lambda _: 1.0,
}


def lr_factor(schedule: Schedule, *, warmup: float, progress: float) -> float:
    """Share of the peak lr that is applied at a point of a run.

    Args:
        schedule: Course after the warm-up: half a cosine wave to 0, a line to 0, a tenth after each third, an
            exponential fall to a hundredth, or none.
        warmup: Share of the run over which the factor rises linearly from 0 to 1.
        progress: Share of the run that is done, in [0, 1).

    Returns:
        The factor, in [0, 1].
    """
    if progress < warmup:
        return progress / warmup
    return _COURSES[schedule]((progress - warmup) / (1 - warmup))


def lr_at(recipe: Recipe, progress: float) -> float:
    """Learning rate of a recipe at a share of its run in [0, 1)."""
    return recipe.lr * lr_factor(recipe.schedule, warmup=recipe.warmup, progress=progress)

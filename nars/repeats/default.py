"""The candidate that a search is compared with, where the user names none."""

import numpy as np

from nars.samplers import CostBounds, sample_feasible
from nars.space import Candidate, SearchSpace

_DRAWN = 2048


def middle_candidate(space: SearchSpace, *, rng: np.random.Generator) -> Candidate:
    """The middle of every knob, or what is nearest to it inside the constraints.

    A knob's middle is that of its range (of its logarithm where it is searched so), and the middle one of its values.
    Where that breaks a constraint, it is the nearest of 2,048 random candidates that meet them, by the squared distance
    of features.
    """
    bounds = CostBounds(space)
    middle_1K = space.codes_from_unit(np.full((1, space.num_knobs), 0.5))
    if not len(bounds.meeting(middle_1K)):
        drawn_NK = sample_feasible(bounds, _DRAWN, rng=rng)
        apart_N = np.sum((space.features(drawn_NK) - space.features(middle_1K)) ** 2, axis=1)
        middle_1K = drawn_NK[[int(np.argmin(apart_N))]]
    return space.decode(middle_1K)[0]

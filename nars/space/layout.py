"""What the features of a space mean: which knob each belongs to, and which knobs play one role in several places.

Shapes: D features, K knobs.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nars.space.knobs import Knob

_LEAST_FAMILY = 3
"""Knobs of one role from which on their mean says something that each of them does not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureLayout:
    """The D features of a space, as `nars.space.encoding.features` orders them."""

    knob_D: NDArray[np.intp]
    """Number of the knob that each feature describes, in ascending order."""
    one_hot_D: NDArray[np.bool_]
    """Whether a feature is one value of an unordered choice; otherwise it is a position between two ends."""
    families: tuple[tuple[int, ...], ...]
    """Numbers of knobs that play one role in several places, such as the depths of all stages."""
    places: tuple[tuple[int, ...], ...]
    """Numbers of knobs that play several roles in one place, such as depth and kernel of one stage."""


def feature_layout(knobs: tuple[Knob, ...]) -> FeatureLayout:
    """The layout of the features of some knobs; knobs with a single value have none.

    Knobs are of one family when their paths differ in numbers alone (``stages[2].depth`` and ``stages[5].depth``) and
    their values are of one kind: all ordered, or the same unordered choice. They are in one place when their paths are
    the same up to their first number.
    """
    counts = [_num_features(knob) for knob in knobs]
    families: dict[tuple[str, object], list[int]] = {}
    places: dict[str, list[int]] = {}
    for number, knob in enumerate(knobs):
        if counts[number]:
            role = re.sub(r"\d+", "#", knob.path)
            families.setdefault((role, None if knob.domain.ordered else knob.domain), []).append(number)
            if place := re.match(r"\D*\d+", knob.path):
                places.setdefault(place.group(), []).append(number)
    return FeatureLayout(
        knob_D=np.repeat(np.arange(len(knobs)), counts),
        one_hot_D=np.repeat(np.array([not knob.domain.ordered for knob in knobs], dtype=np.bool_), counts),
        families=tuple(tuple(members) for members in families.values() if len(members) >= _LEAST_FAMILY),
        places=tuple(tuple(members) for members in places.values() if len(members) > 1),
    )


def _num_features(knob: Knob) -> int:
    if knob.domain.size == 1:
        return 0
    return 1 if knob.domain.ordered else knob.domain.size or 0

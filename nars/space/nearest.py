"""Candidates of another space as the nearest ones of this space.

Shapes: N candidates, K knobs.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nars.space.assembly import leaves
from nars.space.candidate import Candidate
from nars.space.codes import active
from nars.space.domains import Choice, Domain, FloatRange, Value
from nars.space.knobs import Knob

Floats = NDArray[np.float64]


def nearest_codes(knobs: tuple[Knob, ...], candidates: Sequence[Candidate]) -> Floats:
    """Codes of the nearest candidates of a space, ``N x K``; settings that it fixes are not looked at.

    A number goes to the nearest value of its knob. A row is NaN throughout where a candidate has no place in the
    space: it lacks a setting, as that of a stage that it has not, or has a word that is not among a knob's values.
    """
    codes_NK = np.full((len(candidates), len(knobs)), np.nan)
    for row, candidate in enumerate(candidates):
        settings = leaves(candidate)
        for column, knob in enumerate(knobs):
            codes_NK[row, column] = _nearest_code(knob.domain, settings.get(knob.path))
    active_NK = active(knobs, codes_NK)
    placed_N = ~(active_NK & np.isnan(codes_NK)).any(axis=1)
    return np.where(active_NK & placed_N[:, None], codes_NK, np.nan)


def _nearest_code(domain: Domain, value: Value) -> float:
    if isinstance(domain, FloatRange) and _is_number(value):
        return domain.code(min(max(float(str(value)), domain.low), domain.high))
    if domain.ordered and _is_number(value):
        values_V = np.array([float(str(known)) for known in domain.values])  # type: ignore[union-attr]
        return float(np.argmin(np.abs(values_V - float(str(value)))))
    try:
        return domain.code(value) if isinstance(domain, Choice) else np.nan
    except ValueError:
        return np.nan


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

"""Partial dependence: the expected accuracy at each value of a knob, whatever the other knobs are.

Friedman 2001, section 8.2, by the predictor that the trials teach. Shapes: N points, K knobs, V values.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nars.analysis.taught import Taught
from nars.predictors.threads import one_blas_thread
from nars.space.codes import active
from nars.space.domains import FloatRange
from nars.space.knobs import Knob

Floats = NDArray[np.float64]

NUM_POINTS = 512
_LEVELS = 9
"""Values of a range that are told."""


def dependence_frame(taught: Taught, paths: Sequence[str]) -> pd.DataFrame:
    """One row per knob and value.

    Args:
        taught: By the trials.
        paths: Of knobs, in the order of the rows.

    Returns:
        ``knob``, ``value``, ``accuracy`` (mean of the expected accuracy over random candidates with the knob that can
        be built), ``low`` and ``high`` (their quartiles); no row for a value that no such candidate has.
    """
    knobs = taught.space.knobs
    points_NK = taught.space.sample_codes(NUM_POINTS, rng=taught.rng())
    rows: list[tuple[str, str, float, float, float]] = []
    with one_blas_thread():
        for column in (next(k for k, knob in enumerate(knobs) if knob.path == path) for path in paths):
            for code in _codes(knobs[column]):
                told_N = _told(taught, points_NK, column, code)
                if len(told_N):
                    low, high = np.quantile(told_N, [0.25, 0.75])
                    value = knobs[column].domain.value(code)
                    text = f"{value:g}" if isinstance(value, float) else str(value)
                    rows.append((knobs[column].path, text, float(told_N.mean()), float(low), float(high)))
    frame = pd.DataFrame(rows, columns=["knob", "value", "accuracy", "low", "high"])
    return frame.astype({"knob": "string", "value": "string"})


def _told(taught: Taught, points_NK: Floats, column: int, code: float) -> Floats:
    """Expected accuracies with a knob set to one value in all points in which it is active."""
    set_NK = points_NK[~np.isnan(points_NK[:, column])].copy()
    set_NK[:, column] = code
    # Knobs that this one switches on have no value in a point without it: only points that have one count.
    active_NK = active(taught.space.knobs, set_NK)
    set_NK = set_NK[~(np.isnan(set_NK) & active_NK).any(axis=1)]
    set_NK[~active(taught.space.knobs, set_NK)] = np.nan
    told_N = taught.tell(set_NK)
    return told_N[~np.isnan(told_N)]


def _codes(knob: Knob) -> list[float]:
    """Codes of all values of a domain, or of levels evenly along it."""
    if isinstance(knob.domain, FloatRange):
        codes_V = np.linspace(0.0, 1.0, _LEVELS)
    else:
        count = knob.domain.size
        codes_V = np.unique(np.linspace(0, count - 1, min(count, 3 * _LEVELS)).round())
    return [float(code) for code in codes_V]

"""The picture of parallel coordinates.

Shapes: N trials, A axes.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nars.drawing import empty_figure, lowest_drawn, short_name
from nars.space.domains import FloatRange
from nars.space.knobs import Knob
from nars.space.search_space import SearchSpace
from nars.trials import Trial

Floats = NDArray[np.float64]

_MOST_LINES = 1000
"""More cannot be told apart."""
_INACTIVE = -0.08
"""Where a trial passes that has not the knob."""


def parallel_coordinates(space: SearchSpace, trials: Sequence[Trial], knobs: Sequence[Knob], *, title: str) -> Figure:
    """One line a complete trial, through its value of each knob and its MACs; its colour is its accuracy.

    Args:
        space: Of the study.
        trials: Complete ones, at least one.
        knobs: The axes, from left to right.
        title: Above the picture.
    """
    told = sorted(trials, key=lambda trial: trial.accuracy)  # the best is drawn last, above the others
    if len(told) > _MOST_LINES:
        title = f"{title}, {_MOST_LINES} of them from all ranks"
        told = [told[row] for row in np.linspace(0, len(told) - 1, _MOST_LINES).round().astype(int)]
    accuracy_N = np.array([trial.accuracy for trial in told])
    macs_N = np.array([float(trial.cost.macs) for trial in told])
    places_NA = np.column_stack([_places(space, told, knobs), _log_places(macs_N)])
    figure = empty_figure(max(7.0, 1.25 * (len(knobs) + 1) + 1.5), 5.2)
    axes = figure.add_subplot()
    x = np.arange(places_NA.shape[1])
    lines = LineCollection(
        [np.column_stack([x, row]) for row in places_NA], cmap="cividis", linewidths=1.0, alpha=0.8, rasterized=True
    )
    norm = Normalize(lowest_drawn(accuracy_N.tolist()), float(accuracy_N.max()))
    lines.set_array(accuracy_N)
    lines.set_norm(norm)
    axes.add_collection(lines)
    axes.set_xlim(-0.2, len(knobs) + 0.2)
    axes.set_ylim(-0.14, 1.08)
    axes.set_yticks([])
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    ends = [*(_ends(knob) for knob in knobs), (f"{macs_N.min():,.0f}", f"{macs_N.max():,.0f}")]
    for place, (low, high) in enumerate(ends):
        axes.axvline(place, ymin=0.11, ymax=0.94, color="black", linewidth=0.8)
        axes.annotate(high, (place, 1.03), ha="center", fontsize=8)
        axes.annotate(low, (place, -0.05), ha="center", va="center", fontsize=8, backgroundcolor="white")
    names = [short_name(knob.path) for knob in knobs]
    axes.set_xticks(x, [*names, "MACs (log)"], rotation=20, ha="right", fontsize=9)
    figure.colorbar(ScalarMappable(norm, "cividis"), ax=axes, label="validation accuracy", extend="min")
    axes.set_title(title, fontsize=11, loc="left")
    return figure


def _places(space: SearchSpace, trials: Sequence[Trial], knobs: Sequence[Knob]) -> Floats:
    """Positions in [0, 1] along each knob's axis; below it where a knob is inactive."""
    codes_NK = space.encode([trial.candidate for trial in trials])
    columns = [codes_NK[:, space.knobs.index(knob)] / max((knob.domain.size or 2) - 1, 1) for knob in knobs]
    return np.nan_to_num(np.stack(columns, axis=1), nan=_INACTIVE)


def _log_places(macs_N: Floats) -> Floats:
    log_N: Floats = np.log(macs_N)
    places_N: Floats = (log_N - log_N.min()) / max(float(np.ptp(log_N)), 1e-12)
    return places_N


def _ends(knob: Knob) -> tuple[str, str]:
    if isinstance(knob.domain, FloatRange):
        return f"{knob.domain.low:g}", f"{knob.domain.high:g}"
    values = knob.domain.values
    return str(values[0]), str(values[-1])

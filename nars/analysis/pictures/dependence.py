"""The picture of partial dependence."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nars.drawing import BLUE, SKY, empty_figure, short_name, tidy

_COLUMNS = 3


def dependence_picture(dependence: pd.DataFrame, *, title: str) -> Figure:
    """One small chart a knob: the mean of the expected accuracy at each value, and the middle half of it.

    Args:
        dependence: As ``dependence.dependence_frame`` gives, at least one row.
        title: Above the picture.
    """
    knobs = dependence["knob"].drop_duplicates().tolist()
    rows = -(-len(knobs) // _COLUMNS)
    figure = empty_figure(11.0, 0.6 + 2.5 * rows)
    grid = figure.subplots(rows, _COLUMNS, sharey=True, squeeze=False)
    for axes, knob in zip(grid.flat, knobs, strict=False):
        _draw(axes, dependence[dependence["knob"] == knob], knob)
    for axes in list(grid.flat)[len(knobs) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("expected accuracy")
    figure.suptitle(f"{title}; bands hold half of all candidates", fontsize=11, x=0.01, ha="left")
    return figure


def _draw(axes: Axes, rows: pd.DataFrame, knob: str) -> None:
    tidy(axes)
    places = list(range(len(rows)))
    axes.fill_between(places, rows["low"], rows["high"], color=SKY, alpha=0.35, linewidth=0)
    axes.plot(places, rows["accuracy"], color=BLUE, marker="o", markersize=4)
    axes.set_xlabel(short_name(knob))
    step = max(1, -(-len(rows) // 6))
    axes.set_xticks(places[::step], [_short(text) for text in rows["value"].tolist()[::step]], fontsize=8)


def _short(text: str) -> str:
    try:
        return f"{float(text):.3g}"
    except ValueError:
        return text if len(text) <= 10 else f"{text[:9]}…"

"""Busy share and hours to the target against the number of workers."""

import pandas as pd
from matplotlib.ticker import FuncFormatter

from nars.drawing import BLUE, GREEN, ORANGE, label_log, make_figure, png_bytes, set_title

LOW, MEDIAN, HIGH = 0.25, 0.5, 0.75

_ENDLESS = 1e30
"""Hours of a run that never reached the target: infinity would make differences of quartiles no numbers."""
_COLOURS = {"rounds of W": BLUE, "rounds of 4 W": GREEN, "asynchronous": ORANGE}
_LINES = {"random": "--", "nars": "-"}


def quartiles(runs: pd.DataFrame, column: str) -> pd.DataFrame:
    """Lower quartile, median and upper quartile for each number of workers.

    Runs that never reached the target count as the longest; where a quartile falls on such a run it is not a number.
    """
    by_workers = runs.fillna({column: _ENDLESS}).groupby("workers")[column]
    found = by_workers.quantile([LOW, MEDIAN, HIGH]).unstack()
    return found.where(found < _ENDLESS * 1e-9)  # a mean with an endless run is none either


def draw(runs: pd.DataFrame) -> bytes:
    """Medians over the seeds with their quartiles, as PNG."""
    figure, (left, right) = make_figure(11, 4.4, columns=2)
    for (sampler, mode), inside in runs.groupby(["sampler", "mode"], sort=False):
        label = f"{sampler}, {mode}"
        for axes, column in ((left, "busy_share"), (right, "hours_to_target")):
            if column == "busy_share" and sampler != "random":
                continue  # the sampler hardly matters to it
            found = quartiles(inside, column)
            style = {"color": _COLOURS[mode], "linestyle": _LINES.get(sampler, ":")}
            axes.plot(found.index, found[MEDIAN], marker="o", markersize=3, label=label, **style)
            axes.fill_between(found.index, found[LOW], found[HIGH], color=_COLOURS[mode], alpha=0.12)
    for axes in (left, right):
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda workers, _: f"{workers:,.0f}"))
        axes.set_xlabel("workers W")
        axes.legend(frameon=False, fontsize=8)
    left.set_ylim(0, 1.05)
    left.set_ylabel("share of the workers' time in training")
    set_title(left, "Busy workers")
    right.set_yscale("log")
    right.set_ylabel("hours until a network of the best 0.2 %")
    label_log(right.yaxis, right.get_ylim(), lambda hours: f"{hours:g}")
    set_title(right, "Time to the target")
    return png_bytes(figure)

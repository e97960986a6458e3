"""Busy share and hours to the target against the number of workers."""

import pandas as pd
from matplotlib.ticker import FuncFormatter

from nars.drawing import BLUE, GREEN, ORANGE, label_log, make_figure, png_bytes, set_title

_COLOURS = {"rounds of W": BLUE, "rounds of 4 W": GREEN, "asynchronous": ORANGE}
_LINES = {"random": "--", "nars": "-"}


def draw(runs: pd.DataFrame) -> bytes:
    """Medians over the seeds with their quartiles, as PNG."""
    figure, (left, right) = make_figure(11, 4.4, columns=2)
    for (sampler, mode), inside in runs.groupby(["sampler", "mode"], sort=False):
        label = f"{sampler}, {mode}"
        for axes, column in ((left, "busy_share"), (right, "hours_to_target")):
            if column == "busy_share" and sampler != "random":
                continue  # the sampler hardly matters to it
            quartiles = inside.groupby("workers")[column].quantile([0.25, 0.5, 0.75]).unstack()
            style = {"color": _COLOURS[mode], "linestyle": _LINES.get(sampler, ":")}
            axes.plot(quartiles.index, quartiles[0.5], marker="o", markersize=3, label=label, **style)
            axes.fill_between(quartiles.index, quartiles[0.25], quartiles[0.75], color=_COLOURS[mode], alpha=0.12)
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

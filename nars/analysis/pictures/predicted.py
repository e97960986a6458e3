"""The picture of what was predicted against what was got."""

import pandas as pd
from matplotlib.figure import Figure

from nars.drawing import BLUE, DENSE, GREY, make_figure, set_title


def predicted_against_got(predictions: pd.DataFrame, *, title: str) -> Figure:
    """Each trial as a point with the spread that was told, and the line on which both are equal.

    Args:
        predictions: As ``diagnosis.predictions_frame`` gives, at least one row.
        title: Above the picture.
    """
    figure, (axes,) = make_figure(6.2, 5.6, columns=1)
    expected, got = predictions["expected"], predictions["got"]
    ends = [float(min(expected.min(), got.min())), float(max(expected.max(), got.max()))]
    axes.errorbar(
        got, expected, yerr=predictions["spread"], fmt="o", markersize=4, color=BLUE, ecolor=GREY, elinewidth=0.8,
        label="expected, with one spread each way", zorder=2, rasterized=len(predictions) > DENSE,
    )  # fmt: skip
    axes.plot(ends, ends, color="black", linestyle="--", linewidth=1.0, label="expected as got", zorder=3)
    axes.set_xlabel("accuracy got (validation, at the fidelity compared at)")
    axes.set_ylabel("accuracy expected before the round")
    set_title(axes, title)
    axes.legend(loc="lower right", fontsize=9)
    return figure

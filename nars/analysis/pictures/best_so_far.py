"""The picture of the best so far."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nars.drawing import BLUE, DENSE, GREY, ORANGE, cut_below, lowest_drawn, make_figure, set_title
from nars.storage.timing import Timing, hours_to_ends
from nars.trials import SearchStage, Trial


def best_so_far(trials: Sequence[Trial], timings: Sequence[Timing], *, title: str) -> Figure:
    """The highest validation accuracy against complete trials and against hours since the first start.

    Args:
        trials: Of the study, in the order of their numbers; at least one of them complete.
        timings: Of the same trials.
        title: Above the picture.
    """
    told = [(trial, hours) for trial, hours in zip(trials, hours_to_ends(timings), strict=True) if trial.evaluation]
    ended = sorted(((hours, trial) for trial, hours in told if hours is not None), key=lambda pair: pair[0])
    figure, (by_trial, by_hour) = make_figure(11.0, 4.2, columns=2)
    accuracies = [trial.accuracy for trial, _ in told]
    floor = lowest_drawn(accuracies)
    columns = (
        (by_trial, [float(place) for place in range(1, len(told) + 1)], [trial for trial, _ in told]),
        (by_hour, [hours for hours, _ in ended], [trial for _, trial in ended]),
    )
    for axes, places, found in columns:
        for label, marker, color, is_final in (("coarse stage", "o", GREY, False), ("final stage", "D", ORANGE, True)):
            inside = [
                (place, max(trial.accuracy, floor))
                for place, trial in zip(places, found, strict=True)
                if (trial.stage is SearchStage.FINAL) is is_final
            ]
            if inside:
                x, y = zip(*inside, strict=True)
                axes.scatter(
                    x, y, s=14, marker=marker, color=color, label=label, zorder=2, rasterized=len(told) > DENSE
                )
        best = np.maximum.accumulate([trial.accuracy for trial in found])
        axes.plot(places, best, drawstyle="steps-post", color=BLUE, linewidth=1.8, label="best so far", zorder=3)
        cut_below(axes, floor, max(accuracies))
    metric = next((trial.evaluation.metric for trial in trials if trial.evaluation), "top-1")
    cut = f"; those below {floor:.2g} at the edge" if floor > min(accuracies) else ""
    by_trial.set_ylabel(f"validation accuracy ({metric}{cut})")
    by_trial.set_xlabel("complete trials")
    by_trial.xaxis.set_major_locator(MaxNLocator(integer=True))
    by_hour.set_xlabel("hours since the first trial began")
    set_title(by_trial, title)
    by_hour.legend(loc="lower right", fontsize=9)
    return figure

"""The picture of accuracy against MACs."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from nars.drawing import (
    BLUE,
    GREY,
    ORANGE,
    PURPLE,
    cut_below,
    label_log,
    lowest_drawn,
    make_figure,
    png_bytes,
    set_title,
)
from nars.space.constraint import Constraint
from nars.trials import SearchStage, Trial


def accuracy_vs_macs(
    trials: Sequence[Trial], front: Sequence[Trial], constraints: Sequence[Constraint], *, title: str
) -> bytes:
    """Every complete trial as a point, and the front as the best accuracy that a number of MACs buys.

    Args:
        trials: Complete trials.
        front: Those on the Pareto front, fewest MACs first.
        constraints: Of the space; bounds on MACs are drawn.
        title: Above the picture.
    """
    figure, (axes,) = make_figure(8.0, 5.0, columns=1)
    kinds = (
        ("coarse stage, part of its epochs", "o", "none", BLUE, lambda t: not _final(t) and not t.trained_in_full),
        ("coarse stage, all epochs", "o", BLUE, BLUE, lambda t: not _final(t) and t.trained_in_full),
        ("final stage, all epochs", "D", ORANGE, "black", _final),
    )
    floor = lowest_drawn([t.accuracy for t in trials])
    for label, marker, face, edge, belongs in kinds:
        inside = [t for t in trials if belongs(t) and t.accuracy >= floor]
        if inside:
            axes.scatter(
                [t.cost.macs for t in inside], [t.accuracy for t in inside],
                s=34, marker=marker, facecolors=face, edgecolors=edge, linewidths=1.0, label=label, zorder=3,
            )  # fmt: skip
    _draw_front(axes, trials, front)
    _draw_bounds(axes, trials, constraints)
    _mark_below(axes, [t.cost.macs for t in trials if t.accuracy < floor], floor)
    cut_below(axes, floor, max(t.accuracy for t in trials))
    axes.set_xscale("log")
    label_log(axes.xaxis, [t.cost.macs for t in trials], _short)
    axes.set_xlabel("MACs of one image (multiply-adds, log scale)")
    metric = next((trial.evaluation.metric for trial in trials if trial.evaluation), "top-1")
    axes.set_ylabel(f"validation accuracy ({metric})")
    set_title(axes, title)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3, frameon=False, fontsize=9)
    return png_bytes(figure)


def _draw_front(axes: Axes, trials: Sequence[Trial], front: Sequence[Trial]) -> None:
    macs = [t.cost.macs for t in front]
    accuracies = [t.accuracy for t in front]
    # More MACs than the last point's buy nothing more: the line goes on to the right edge of the trials.
    macs.append(max(t.cost.macs for t in trials))
    accuracies.append(accuracies[-1])
    axes.plot(macs, accuracies, drawstyle="steps-post", color="black", linewidth=1.2, label="Pareto front", zorder=2)


def _draw_bounds(axes: Axes, trials: Sequence[Trial], constraints: Sequence[Constraint]) -> None:
    """Bounds on MACs, where the picture reaches near enough to show them without squeezing the trials."""
    low, high = min(t.cost.macs for t in trials), max(t.cost.macs for t in trials)
    label = "bound on MACs"
    for constraint in constraints:
        for bound in (constraint.minimum, constraint.maximum):
            if constraint.cost == "macs" and bound and low / 3 <= bound <= high * 3:
                axes.axvline(bound, color=PURPLE, linestyle=(0, (4, 3)), linewidth=1.2, label=label, zorder=1)
                label = "_"


def _mark_below(axes: Axes, macs: Sequence[int], floor: float) -> None:
    """Trials far below the others become marks at the lower edge, so that the others can be told apart."""
    if macs:
        label = f"{len(macs)} below {floor:.3g}"
        axes.scatter(macs, [floor] * len(macs), s=30, marker="v", color=GREY, label=label, zorder=3)


def _short(value: float) -> str:
    """``2M`` for two million."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _final(trial: Trial) -> bool:
    return trial.stage is SearchStage.FINAL

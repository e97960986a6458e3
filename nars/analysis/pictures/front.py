"""The picture of accuracy against a cost."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nars.drawing import (
    BLUE,
    DENSE,
    GREY,
    ORANGE,
    PURPLE,
    cut_below,
    label_log,
    lowest_drawn,
    make_figure,
    set_title,
)
from nars.space.constraint import Constraint
from nars.trials import CostName, SearchStage, Trial

_AXES: dict[CostName, str] = {
    "macs": "MACs of one image (multiply-adds, log scale)",
    "params": "params (trainable numbers, log scale)",
    "activations": "activations of one image (numbers, log scale)",
    "memory_bytes": "peak inference memory in float32 (bytes, log scale)",
    "latency_ms": "latency (milliseconds by the space's table, log scale)",
}


def accuracy_vs_cost(
    trials: Sequence[Trial], front: Sequence[Trial], constraints: Sequence[Constraint], *, cost: CostName, title: str
) -> Figure:
    """Every complete trial as a point, and the front as the best accuracy that a cost buys.

    Args:
        trials: Complete trials, the cost known of each.
        front: Those on the Pareto front of this cost, the lowest first.
        constraints: Of the space; bounds on the cost are drawn.
        cost: Along the axis.
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
                _of(inside, cost), [t.accuracy for t in inside], rasterized=len(trials) > DENSE,
                s=34, marker=marker, facecolors=face, edgecolors=edge, linewidths=1.0, label=label, zorder=3,
            )  # fmt: skip
    _draw_front(axes, trials, front, cost)
    _draw_bounds(axes, trials, constraints, cost)
    _mark_below(axes, _of([t for t in trials if t.accuracy < floor], cost), floor)
    cut_below(axes, floor, max(t.accuracy for t in trials))
    axes.set_xscale("log")
    label_log(axes.xaxis, _of(trials, cost), _short)
    axes.set_xlabel(_AXES[cost])
    metric = next((trial.evaluation.metric for trial in trials if trial.evaluation), "top-1")
    axes.set_ylabel(f"validation accuracy ({metric})")
    set_title(axes, title)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3, frameon=False, fontsize=9)
    return figure


def _of(trials: Sequence[Trial], cost: CostName) -> list[float]:
    return [float(getattr(trial.cost, cost)) for trial in trials]


def _draw_front(axes: Axes, trials: Sequence[Trial], front: Sequence[Trial], cost: CostName) -> None:
    costs = _of(front, cost)
    accuracies = [t.accuracy for t in front]
    # More than the last point's cost buys nothing more: the line goes on to the right edge of the trials.
    costs.append(max(_of(trials, cost)))
    accuracies.append(accuracies[-1])
    axes.plot(costs, accuracies, drawstyle="steps-post", color="black", linewidth=1.2, label="Pareto front", zorder=2)


def _draw_bounds(axes: Axes, trials: Sequence[Trial], constraints: Sequence[Constraint], cost: CostName) -> None:
    """Bounds on the cost, where the picture reaches near enough to show them without squeezing the trials."""
    low, high = min(_of(trials, cost)), max(_of(trials, cost))
    label = "constraint"
    for constraint in constraints:
        for bound in (constraint.minimum, constraint.maximum):
            if constraint.cost == cost and bound and low / 3 <= bound <= high * 3:
                axes.axvline(bound, color=PURPLE, linestyle=(0, (4, 3)), linewidth=1.2, label=label, zorder=1)
                label = "_"


def _mark_below(axes: Axes, costs: Sequence[float], floor: float) -> None:
    """Trials far below the others become marks at the lower edge, so that the others can be told apart."""
    if costs:
        label = f"{len(costs)} below {floor:.3g}"
        axes.scatter(costs, [floor] * len(costs), s=30, marker="v", color=GREY, label=label, zorder=3)


def _short(value: float) -> str:
    """``2M`` for two million."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _final(trial: Trial) -> bool:
    return trial.stage is SearchStage.FINAL

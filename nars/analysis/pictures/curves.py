"""The picture of learning curves."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nars.drawing import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    cut_below,
    label_log,
    lowest_drawn,
    make_figure,
    set_title,
)
from nars.trials import Trial

LineStyle = str | tuple[int, tuple[int, ...]]

_HIGHLIGHTED = (ORANGE, BLUE, GREEN, PURPLE, SKY)
_MOST_OTHERS = 1000
"""Lines in grey: more of them show nothing more, and are slow to draw."""
_LINES: tuple[LineStyle, ...] = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1)))


def learning_curves(trials: Sequence[Trial], *, title: str) -> Figure:
    """Accuracy and loss per epoch of every complete trial, the best of them in colour.

    Args:
        trials: Complete trials with a curve, at least one.
        title: Above the picture.
    """
    records = [record for trial in trials if trial.evaluation for record in trial.evaluation.curve]
    losses = [record.val_loss for record in records if record.val_loss]
    # A user who trains himself tells no losses.
    figure, (axes, *loss_axes) = make_figure(11.0, 4.8, columns=2 if losses else 1)
    _draw_all([axes, *loss_axes], trials)
    accuracies = [record.val_accuracy for record in records]
    floor = lowest_drawn(accuracies)
    cut_below(axes, floor, max(accuracies))
    cut = f", cut below {floor:.2g}" if floor > min(accuracies) else ""
    metric = next((trial.evaluation.metric for trial in trials if trial.evaluation), "top-1")
    axes.set_ylabel(f"validation accuracy ({metric}{cut})")
    for loss in loss_axes:
        loss.set_ylabel("validation loss (cross-entropy in nats, log scale)")
        loss.set_yscale("log")
        label_log(loss.yaxis, losses, lambda value: f"{value:.3g}")
    for one in (axes, *loss_axes):
        one.set_xlabel("epoch")
        one.xaxis.set_major_locator(MaxNLocator(integer=True))
    set_title(axes, title)
    figure.axes[-1].legend(title="best trials", loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=9)
    return figure


def _draw_all(columns: Sequence[Axes], trials: Sequence[Trial]) -> None:
    """Accuracy in the first column, loss in the second where there is one."""
    ranked = sorted(trials, key=lambda t: (-t.accuracy, t.cost.macs, t.number))
    best, others = ranked[: len(_HIGHLIGHTED)], ranked[len(_HIGHLIGHTED) :]
    for rank, (trial, color, line) in enumerate(zip(best, _HIGHLIGHTED, _LINES, strict=False)):
        label = f"trial {trial.number}: {trial.accuracy:.4f}"
        # The best lies on top of the second best, and so on.
        _draw_curve(columns, trial, _Style(color=color, line=line, width=1.8, order=9 - rank, label=label))
    _draw_others(columns, others)


def _draw_others(columns: Sequence[Axes], trials: Sequence[Trial]) -> None:
    """All as one collection, an image in an SVG file: thousands of lines by themselves are slow to draw and to open."""
    shown = trials[:: max(1, -(-len(trials) // _MOST_OTHERS))]  # evenly from the best to the worst
    curves = [trial.evaluation.curve for trial in shown if trial.evaluation]
    count = f"{len(trials)} others" if len(shown) == len(trials) else f"{len(shown)} of {len(trials)} others"
    values = (
        [[(record.epoch, record.val_accuracy) for record in curve] for curve in curves],
        [[(record.epoch, record.val_loss or 0.0) for record in curve] for curve in curves],
    )
    for axes, lines in zip(columns, values, strict=False):
        points = [line[0] for line in lines if len(line) == 1]  # one point draws no line
        axes.scatter([x for x, _ in points], [y for _, y in points], s=9, color=GREY, zorder=2)
        collection = LineCollection(lines, colors=GREY, linewidths=0.8, zorder=2, rasterized=True)
        collection.set_label(count if curves else "_")
        axes.add_collection(collection)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Style:
    """How one trial's curves are drawn."""

    color: str
    line: LineStyle
    width: float
    order: int
    label: str


def _draw_curve(columns: Sequence[Axes], trial: Trial, style: _Style) -> None:
    assert trial.evaluation is not None
    curve = trial.evaluation.curve
    values = ([record.val_accuracy for record in curve], [record.val_loss or 0.0 for record in curve])
    for axes, ys in zip(columns, values, strict=False):
        axes.plot(
            [record.epoch for record in curve],
            ys,
            color=style.color,
            linestyle=style.line,
            linewidth=style.width,
            zorder=style.order,
            label=style.label,
            marker="." if len(curve) == 1 else "",  # one point draws no line
        )

"""The picture of learning curves."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from nars.analysis.drawing import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    accuracy_of,
    cut_below,
    label_log,
    lowest_drawn,
    make_figure,
    png_bytes,
    set_title,
)
from nars.trials import Trial

LineStyle = str | tuple[int, tuple[int, ...]]

_HIGHLIGHTED = (ORANGE, BLUE, GREEN, PURPLE, SKY)
_LINES: tuple[LineStyle, ...] = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1)))


def learning_curves(trials: Sequence[Trial], *, title: str) -> bytes:
    """Accuracy and loss per epoch of every complete trial, the best of them in colour.

    Args:
        trials: Complete trials.
        title: Above the picture.
    """
    figure, (accuracy_axes, loss_axes) = make_figure(11.0, 4.8, columns=2)
    best = sorted(trials, key=lambda t: (-accuracy_of(t), t.cost.macs, t.number))[: len(_HIGHLIGHTED)]
    others = [t for t in trials if t not in best]
    for trial in others:
        _draw_curve(accuracy_axes, loss_axes, trial, _Style(color=GREY, line="-", width=0.8, order=2, label="_"))
    for trial, color, line in zip(best, _HIGHLIGHTED, _LINES, strict=False):
        # The best lies on top of the second best, and so on.
        order = 3 + len(best) - best.index(trial)
        label = f"trial {trial.number}: {accuracy_of(trial):.4f}"
        _draw_curve(
            accuracy_axes, loss_axes, trial, _Style(color=color, line=line, width=1.8, order=order, label=label)
        )
    accuracies, losses = _points(trials)
    floor = lowest_drawn(accuracies)
    cut_below(accuracy_axes, floor, max(accuracies))
    cut = f", cut below {floor:.2g}" if floor > min(accuracies) else ""
    accuracy_axes.set_ylabel(f"validation accuracy (top-1, share of images{cut})")
    loss_axes.set_ylabel("validation loss (cross-entropy in nats, log scale)")
    loss_axes.set_yscale("log")
    label_log(loss_axes.yaxis, losses, lambda value: f"{value:.3g}")
    for axes in (accuracy_axes, loss_axes):
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    set_title(accuracy_axes, title)
    if others:
        loss_axes.plot([], [], color=GREY, linewidth=0.8, label=f"{len(others)} others")
    loss_axes.legend(title="best trials", loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=9)
    return png_bytes(figure)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Style:
    """How one trial's curves are drawn."""

    color: str
    line: LineStyle
    width: float
    order: int
    label: str


def _draw_curve(accuracy_axes: Axes, loss_axes: Axes, trial: Trial, style: _Style) -> None:
    assert trial.evaluation is not None
    curve = trial.evaluation.curve
    for axes, values in (
        (accuracy_axes, [record.val_accuracy for record in curve]),
        (loss_axes, [record.val_loss for record in curve]),
    ):
        axes.plot(
            [record.epoch for record in curve],
            values,
            color=style.color,
            linestyle=style.line,
            linewidth=style.width,
            zorder=style.order,
            label=style.label,
            marker="." if len(curve) == 1 else "",  # one point draws no line
        )


def _points(trials: Sequence[Trial]) -> tuple[list[float], list[float]]:
    """Accuracy and loss of every epoch."""
    records = [record for trial in trials if trial.evaluation for record in trial.evaluation.curve]
    return [record.val_accuracy for record in records], [record.val_loss for record in records]

"""The picture of learning curves."""

from dataclasses import replace

from nars.analysis.pictures.curves import learning_curves
from nars.trials import EpochRecord
from tests.analysis.histories import told_by_lr


def legend(figure) -> list[str]:
    return [text.get_text() for text in figure.axes[-1].get_legend().get_texts()]


def curved(count: int):
    """Trials with two epochs each."""
    curve = tuple(
        EpochRecord(epoch=epoch, train_loss=1.0, val_loss=1.0 / epoch, val_accuracy=0.4 * epoch, lr=0.1, wall_s=1.0)
        for epoch in (1, 2)
    )
    return [replace(trial, evaluation=replace(trial.evaluation, curve=curve)) for trial in told_by_lr(count)]


def test_of_very_many_curves_evenly_many_are_drawn_and_the_legend_says_so():
    few = learning_curves(curved(20), title="few")
    assert legend(few)[-1] == "15 others"
    trials = curved(20)
    many = learning_curves(trials * 105, title="many")  # 2,100, of which five are in colour
    assert legend(many)[-1] == "699 of 2095 others"
    assert len(many.axes[0].collections[-1].get_segments()) == 699

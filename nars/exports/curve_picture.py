"""The learning curve of an exported network."""

from matplotlib.ticker import MaxNLocator

from nars.drawing import BLUE, ORANGE, empty_figure, png_bytes, tidy
from nars.trials import EpochRecord


def learning_curve(curve: tuple[EpochRecord, ...], *, title: str) -> bytes:
    """Validation accuracy and both losses per epoch, as a PNG file.

    Args:
        curve: At least one epoch.
        title: Above the picture.
    """
    figure = empty_figure(9.0, 3.6)
    accuracy, loss = figure.subplots(1, 2)
    epochs = [record.epoch for record in curve]
    accuracy.plot(epochs, [record.val_accuracy for record in curve], color=BLUE, marker=".")
    is_detector = curve[-1].detection is not None
    accuracy.set_ylabel("validation AP\n(COCO)" if is_detector else "validation accuracy\n(top-1, share of images)")
    loss.plot(epochs, [record.train_loss for record in curve], color=ORANGE, linestyle="--", marker=".", label="train")
    validated = [(record.epoch, record.val_loss) for record in curve if record.val_loss is not None]
    if validated:
        loss.plot(*zip(*validated, strict=True), color=BLUE, marker=".", label="validation")
    loss.set_ylabel("loss (cross-entropy in nats)")
    loss.set_ylim(bottom=0)
    loss.legend(frameon=False)
    for axes in (accuracy, loss):
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        tidy(axes, grid="y")
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    return png_bytes(figure)

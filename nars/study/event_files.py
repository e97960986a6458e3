"""Learning curves as TensorBoard event files, one folder for each trial."""

from collections.abc import Sequence
from pathlib import Path

from nars.study.plan import PlannedRound
from nars.study.progress import Progress
from nars.study.spent import SearchSpent
from nars.trials import EpochRecord, Trial


class EventFiles(Progress):
    """Writes what it hears into ``trials/NUMBER/tensorboard``, and passes everything on.

    ``tensorboard --logdir experiments/NAME/trials`` shows all trials side by side. An epoch that is reported again
    after an interruption is written again; TensorBoard shows both points.
    """

    def __init__(self, folder: Path, then: Progress) -> None:
        """A writer.

        Args:
            folder: The experiment's.
            then: Hears everything too.
        """
        self._folder = folder
        self._then = then

    def round_started(self, planned: PlannedRound, trials: Sequence[Trial]) -> None:
        """See `Progress`."""
        self._then.round_started(planned, trials)

    def trial_started(self, trial: Trial) -> None:
        """See `Progress`."""
        self._then.trial_started(trial)

    def epoch_ended(self, trial: Trial, record: EpochRecord) -> None:
        """Writes the epoch's losses, accuracy and learning rate."""
        from tensorboardX import SummaryWriter  # here, for it takes a while to import; ray[tune] brings it

        values = {
            "loss/train": record.train_loss,
            "loss/val": record.val_loss,
            "accuracy/val": record.val_accuracy,
            "lr": record.lr,
            "seconds": record.wall_s,
        }
        directory = self._folder / "trials" / f"{trial.number:04d}" / "tensorboard"
        with SummaryWriter(str(directory)) as writer:
            for name, value in values.items():
                if value is not None:
                    writer.add_scalar(name, value, record.epoch)
        self._then.epoch_ended(trial, record)

    def trial_ended(self, trial: Trial) -> None:
        """See `Progress`."""
        self._then.trial_ended(trial)

    def search_ended(self, spent: SearchSpent) -> None:
        """See `Progress`."""
        self._then.search_ended(spent)

"""What one train and validate run gave."""

from dataclasses import dataclass

from nars.space.inference import InferenceSettings
from nars.trials.cost import Cost
from nars.trials.detection import DetectionFigures
from nars.trials.spent import Spent


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochRecord:
    """One epoch of a learning curve."""

    epoch: int
    """1 is the first."""
    train_loss: float
    """Mean over the epoch's images, under the recipe's mixing and smoothing."""
    val_loss: float | None
    """Plain cross-entropy on the validation split; none for detectors, whose losses exist in training alone."""
    val_accuracy: float
    """On the validation split, in [0, 1]: top-1 of a classifier, box AP of a detector, mask AP where masks are asked
    for."""
    lr: float
    """Learning rate of the epoch's last step."""
    wall_s: float
    """Seconds of this epoch, validation included."""
    detection: DetectionFigures | None = None
    """All of COCO's figures on the validation split; none for classifiers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Applied:
    """What a run really used, read back from the built objects: proof that a recipe's values took effect."""

    optimizer: str
    """The optimiser's class and, per parameter group, its resolved settings and number of tensors."""
    schedule: str
    """Learning rates at fixed points of progress."""
    augmentation: str
    """The transforms and mixing in the order they run."""
    module: str
    """SHA-256 of the built network: its modules' settings and its tensors' names and shapes."""
    regularisation: str
    """Label smoothing, or the weights of a detector's losses, and weight averaging as applied."""
    batch_size: int
    """Images a step."""
    epochs: int
    """Epochs of the full recipe."""
    fingerprint: str
    """Twelve hexadecimal digits of the SHA-256 of all of the above, and of ``weights`` where it names some."""
    weights: str = "random"
    """Initial weights: where they came from, their file's SHA-256, and how much of them was taken."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inference:
    """A trained detector under other settings that change nothing in its weights."""

    settings: InferenceSettings
    accuracy: float
    """As of `Evaluation`."""
    cost: Cost


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """Metrics of one run."""

    accuracy: float
    """On the validation split after the last epoch, in [0, 1]; see ``EpochRecord.val_accuracy``."""
    epochs: int
    """Epochs trained, those that an earlier trial of the same candidate had trained included."""
    curve: tuple[EpochRecord, ...]
    applied: Applied | None = None
    """None when the user trained the candidate himself through ask and tell."""
    wall_s: float = 0.0
    """Seconds of the whole run, start-up included."""
    device: str = "cpu"
    passes: int = 1
    """Parts in which each batch went through the network: 2 where memory was short, from that epoch on. The gradients
    of a step are summed, so its batch size stays; batch norm and mixing saw half a batch at a time."""
    peak_memory_bytes: int | None = None
    """The most of the GPU's memory that the run held; none on the CPU."""
    spent: Spent | None = None
    """Where the seconds went; none unless asked for."""
    inferences: tuple[Inference, ...] = ()
    """What the weights are worth under other settings, the best of each cost; of a detector trained in full, where its
    space lists any."""

    @property
    def metric(self) -> str:
        """What the accuracy is: ``top-1`` of a classifier, ``box AP`` or ``mask AP`` of a detector."""
        if self.detection is None:
            return "top-1"
        return "box AP" if self.detection.masks is None else "mask AP"

    @property
    def detection(self) -> DetectionFigures | None:
        """All of COCO's figures after the last epoch; none for classifiers."""
        return self.curve[-1].detection if self.curve else None

"""The training recipe: every setting of one training run that is not the network itself."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from nars.space.detection_recipe import DetectionRecipe
from nars.space.norm import Norm

Optimizer = Literal["sgd", "rmsprop", "adamw"]
Schedule = Literal["cosine", "linear", "step", "exponential", "constant"]
Share = Annotated[float, Field(ge=0, lt=1)]

NO_WEIGHTS = "none"
"""``Recipe.weights`` of a training from random weights."""
MOMENTUM_OPTIMIZERS: tuple[Optimizer, ...] = ("sgd", "rmsprop")
"""The optimisers that have a momentum; the others leave ``Recipe.momentum`` at none."""
CLASSIFIER_ONLY = ("dropout", "mixup", "cutmix", "label_smoothing", "randaugment")
"""Settings that a detector leaves at 0, since they have no effect there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """How one network is trained. A schedule is a function of progress in [0, 1), so epochs may vary freely."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    optimizer: Optimizer = "sgd"
    lr: Annotated[float, Field(gt=0)]
    """Peak learning rate, reached at the end of the warm-up."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """Applied to convolution and linear weights; norms and biases are not decayed."""
    momentum: Share | None = None
    """Of SGD (Nesterov) and RMSProp; none for optimisers without one."""
    batch_size: Annotated[int, Field(ge=1)]
    epochs: Annotated[int, Field(ge=1)]
    warmup: Share = 0.0
    """Share of the run over which lr rises linearly from 0 to ``lr``."""
    schedule: Schedule = "cosine"
    """Course of lr after the warm-up."""
    ema: Share = 0.0
    """Decay of the exponential moving average of weights per step, which is then what is validated; 0 is off."""
    dropout: Share = 0.0
    """Before the classifier."""
    stochastic_depth: Share = 0.0
    """Drop probability of the last residual branch; it rises linearly with depth from the first."""
    mixup: Annotated[float, Field(ge=0)] = 0.0
    """Alpha of mixup's beta distribution; 0 is off."""
    cutmix: Annotated[float, Field(ge=0)] = 0.0
    """Alpha of cutmix's beta distribution; 0 is off. With both on, each batch takes one of them at random."""
    label_smoothing: Share = 0.0
    randaugment: Annotated[int, Field(ge=0, le=30)] = 0
    """Magnitude of RandAugment (two operations an image); 0 is off."""
    flip: bool = False
    """Random horizontal flips."""
    crop: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Smallest share of an image's area that a random resized crop may keep; 1 is off."""
    norm: Norm = "BN"
    weights: Annotated[str, Field(min_length=1)] = NO_WEIGHTS
    """Initial weights: ``none`` for random ones, a published name, or a file, whose relative path starts at the
    working directory; ``#sha256=`` and 64 digits behind it pin the file."""
    inherit: bool = False
    """Whether initial weights of another architecture are taken as far as they fit; else they must fit whole."""
    detector: DetectionRecipe | None = None
    """The settings of a detector; none for a classifier."""

    def __post_init__(self) -> None:
        if (self.momentum is not None) != (self.optimizer in MOMENTUM_OPTIMIZERS):
            raise ValueError(
                f"momentum must be given exactly for {' and '.join(MOMENTUM_OPTIMIZERS)}, "
                f"got optimizer={self.optimizer}, momentum={self.momentum}"
            )
        if self.inherit and self.weights == NO_WEIGHTS:
            raise ValueError("inherit must be left out without weights, got inherit=True, weights=none")
        if self.detector is not None:
            for name in CLASSIFIER_ONLY:
                if getattr(self, name):
                    raise ValueError(f"{name} has no effect in a detector, got {getattr(self, name)}")

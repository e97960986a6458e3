"""How a search spends its trials: the ``search`` section of a space."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, ValidationError

from nars.errors import SpaceError
from nars.space.problems import problems_of, validated

SamplerName = Literal["nars", "random", "tpe", "gp", "nsga2"]
PredictorName = Literal["gaussian", "joint"]
Backend = Literal["torchvision", "detectron2"]
EarlyStop = Literal["rank_correlation", "asha", "none"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchSettings:
    """The defaults that a space recommends; the command line may override each."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    trials: Annotated[int, Field(ge=1)] = 24
    """Trainings of the whole search, the final stage included."""
    first_round: Annotated[int, Field(ge=1)] = 8
    """Trials of the first round: quasi Monte-Carlo, trained in full."""
    round_size: Annotated[int, Field(ge=1)] = 8
    """Trials of each later round of the coarse stage."""
    final: Annotated[int, Field(ge=1)] = 3
    """Candidates trained in full by the final stage."""
    sampler: SamplerName = "nars"
    predictor: PredictorName = "gaussian"
    """Of the sampler ``nars``: Gaussian processes, or FBNetV3's neural network pretrained on costs."""
    seed: Annotated[int, Field(ge=0)] = 0
    early_stop: EarlyStop = "rank_correlation"
    """How rounds after the first save epochs: all trials stop where the first round's ranks agreed with their ends
    (FBNetV3), each stops at 1/9 or 1/3 where it is not among the best third there (``asha``), or none stops."""
    fidelity_correlation: Annotated[float, Field(gt=0, le=1)] = 0.92
    """Rank correlation with the final ranks that ``rank_correlation`` asks for (FBNetV3: 0.92)."""
    threads: Annotated[int, Field(ge=1)] = 1
    """CPU threads of one trial: a setting of the study, so that the number of workers changes no result."""
    processes: Annotated[int, Field(ge=1)] = 1
    """Processes that train one trial together, each its share of every batch, on a GPU of its own where there are some:
    a setting of the study, since plain batch norm sees a share alone."""
    trial_timeout_s: Annotated[float, Field(gt=0)] | None = None
    """A trial that takes longer is a failed trial; none means no limit."""
    backend: Backend = "torchvision"
    """Of detectors: whose trainer and evaluator run the trials."""

    def __post_init__(self) -> None:
        if self.backend == "detectron2" and self.early_stop == "asha":
            raise ValueError("early_stop must be rank_correlation or none with the backend detectron2, got asha")
        if self.backend == "detectron2" and self.processes > 1:
            raise ValueError(f"processes must be 1 with the backend detectron2, got {self.processes}")


def settings_from(values: dict[str, object]) -> SearchSettings:
    """Settings from plain values, as a command line gives them.

    Raises:
        SpaceError: With every problem.
    """
    try:
        return validated(SearchSettings, values)
    except ValidationError as error:
        raise SpaceError("settings", problems_of(error)) from error

"""Bounds on costs, and what a search makes larger or smaller."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import ConfigDict, Field

CostName = Literal["macs", "params", "activations", "latency_ms", "memory_bytes"]
"""The costs that a constraint may bound."""
COST_NAMES: tuple[CostName, ...] = get_args(CostName)
ObjectiveName = Literal["accuracy", "macs", "params", "activations", "latency_ms", "memory_bytes"]
"""What a search may improve: accuracy is made larger, a cost smaller."""
OBJECTIVE_NAMES: tuple[ObjectiveName, ...] = get_args(ObjectiveName)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """Smallest and largest allowed value of one cost, as a space file says them."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    min: Annotated[float, Field(ge=0)] | None = None
    max: Annotated[float, Field(gt=0)] | None = None

    def __post_init__(self) -> None:
        if self.min is None and self.max is None:
            raise ValueError("min or max must be given")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min must be <= max, got min={self.min:g}, max={self.max:g}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Constraint:
    """A bound on one cost."""

    cost: CostName
    minimum: float | None = None
    maximum: float | None = None

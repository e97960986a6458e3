"""The values that one knob may take, and their numbers.

A *code* is the number that stands for a value: the index for a discrete domain, the position in [0, 1] for a
continuous one. Shapes: N candidates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

Value = int | float | bool | str | tuple[int | float, ...] | None
"""A tuple is one value, a list of numbers that belong together, such as the sizes of anchors."""
Floats = NDArray[np.float64]

_SIGNIFICANT_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values; numbers are ordered by size, words and booleans are not."""

    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("choice must name at least one value, got []")
        if len({(type(v), v) for v in self.values}) != len(self.values):
            raise ValueError(f"choice must name each value once, got {list(self.values)}")
        if self.ordered and list(self.values) != sorted(self.numbers):
            object.__setattr__(self, "values", tuple(sorted(self.numbers)))

    @property
    def ordered(self) -> bool:
        """Whether the distance between two codes means anything."""
        return len(self.numbers) == len(self.values)

    @property
    def numbers(self) -> list[float]:
        """The values that are numbers; booleans are not."""
        return [v for v in self.values if isinstance(v, int | float) and not isinstance(v, bool)]

    @property
    def size(self) -> int:
        """Number of values."""
        return len(self.values)

    def value(self, code: float) -> Value:
        """The value of a code."""
        return self.values[int(code)]

    def code(self, value: Value) -> float:
        """The code of a value; ``ValueError`` when it is not in the domain."""
        for index, known in enumerate(self.values):
            if known == value and isinstance(known, bool) == isinstance(value, bool):
                return float(index)
        raise ValueError(f"must be one of {list(self.values)}, got {value!r}")


@dataclass(frozen=True, slots=True)
class IntRange:
    """Integers ``low, low + step, ..., high``; both ends included."""

    low: int
    high: int
    step: int = 1

    def __post_init__(self) -> None:
        if self.step < 1:
            raise ValueError(f"step must be >= 1, got {self.step}")
        if self.low > self.high:
            raise ValueError(f"low must be <= high, got low={self.low}, high={self.high}")
        if (self.high - self.low) % self.step:
            raise ValueError(f"high={self.high} is not reachable from low={self.low} in steps of {self.step}")

    ordered = True

    @property
    def values(self) -> Sequence[int]:
        """All values, smallest first."""
        return range(self.low, self.high + 1, self.step)

    @property
    def size(self) -> int:
        """Number of values."""
        return len(self.values)

    def value(self, code: float) -> int:
        """The value of a code."""
        return self.values[int(code)]

    def code(self, value: Value) -> float:
        """The code of a value; ``ValueError`` when it is not in the domain."""
        if isinstance(value, bool) or not isinstance(value, int) or value not in self.values:
            raise ValueError(f"must be one of {self.low}, {self.low + self.step}, ..., {self.high}, got {value!r}")
        return float(self.values.index(value))


@dataclass(frozen=True, slots=True)
class FloatRange:
    """Every number between two ends, kept to six significant digits so that a YAML file can say it exactly."""

    low: float
    high: float
    log: bool = False
    """Whether equal steps of the code are equal factors of the value."""

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"low must be < high, got low={self.low}, high={self.high}")
        if self.log and self.low <= 0:
            raise ValueError(f"low must be > 0 on a log scale, got {self.low}")

    ordered = True
    size = None

    def value(self, code: float) -> float:
        """The value of a code."""
        return float(self.from_units(np.array([code]))[0])

    def holds(self, value: Value) -> TypeGuard[float]:
        """Whether it is a number between the ends; booleans are not."""
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high

    def code(self, value: Value) -> float:
        """The code of a value; ``ValueError`` when it is not in the domain."""
        if not self.holds(value):
            raise ValueError(f"must be between {self.low:g} and {self.high:g}, got {value!r}")
        return float(self.to_units(np.array([float(value)]))[0])

    def from_units(self, u_N: Floats) -> Floats:
        """Values at positions in [0, 1]."""
        if self.log:
            values_N = self.low * np.exp(u_N * np.log(self.high / self.low))
        else:
            values_N = self.low + u_N * (self.high - self.low)
        return np.clip(_round_significant(values_N), self.low, self.high)

    def to_units(self, values_N: Floats) -> Floats:
        """Positions of values in [0, 1]."""
        if self.log:
            units_N = np.log(values_N / self.low) / np.log(self.high / self.low)
        else:
            units_N = (values_N - self.low) / (self.high - self.low)
        clipped_N: Floats = np.clip(units_N, 0.0, 1.0)
        return clipped_N


Domain = Choice | IntRange | FloatRange


def _round_significant(values_N: Floats) -> Floats:
    size_N = np.where(values_N == 0, 1.0, np.abs(values_N))
    digits_N = _SIGNIFICANT_DIGITS - 1 - np.floor(np.log10(size_N))
    # A power of ten is exact only when positive: divide by one rather than multiply by its inverse.
    up_N, down_N = 10.0 ** np.maximum(digits_N, 0), 10.0 ** np.maximum(-digits_N, 0)
    rounded_N: Floats = np.rint(values_N * up_N / down_N) * down_N / up_N
    return rounded_N

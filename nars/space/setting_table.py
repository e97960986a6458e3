"""Settings of many candidates by path, straight from their codes.

Shapes: N candidates, K knobs.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nars.space.domains import FloatRange, Value
from nars.space.knobs import Knob

Floats = NDArray[np.float64]


class SettingTable:
    """Settings by path, as one array over the candidates."""

    def __init__(self, knobs: tuple[Knob, ...], fixed: Mapping[str, Value], codes_NK: Floats) -> None:
        self._knobs = {knob.path: (knob, codes_NK[:, k]) for k, knob in enumerate(knobs)}
        self._fixed = fixed
        self._n = len(codes_NK)

    def has(self, path: str) -> bool:
        """Whether the space has this setting."""
        return path in self._knobs or path in self._fixed

    def numbers(self, path: str) -> Floats:
        """Values of one setting, of a list its length; an inactive knob has its ``otherwise`` value, NaN for none."""
        if path not in self._knobs:
            return np.full(self._n, _number(self._fixed[path]))
        knob, codes_N = self._knobs[path]
        inactive_N = np.isnan(codes_N)
        if isinstance(knob.domain, FloatRange):
            values_N = knob.domain.from_units(np.nan_to_num(codes_N))
        else:
            values = np.array([_number(value) for value in knob.domain.values])
            values_N = values[np.nan_to_num(codes_N).astype(np.int64)]
        return np.where(inactive_N, _number(knob.otherwise), values_N)

    def ints(self, path: str) -> NDArray[np.int64]:
        """Values of one whole-numbered setting that every candidate has."""
        return self.numbers(path).astype(np.int64)

    def equals(self, path: str, value: str) -> NDArray[np.bool_]:
        """Where a setting of words has one value."""
        if path not in self._knobs:
            return np.full(self._n, self._fixed[path] == value)
        knob, codes_N = self._knobs[path]
        assert not isinstance(knob.domain, FloatRange)
        matches = [float(i) for i, known in enumerate(knob.domain.values) if known == value]
        return np.where(np.isnan(codes_N), knob.otherwise == value, np.isin(codes_N, matches))


def _number(value: Value) -> float:
    """A list of numbers counts by its length; words and nothing are no numbers."""
    if isinstance(value, tuple):
        return float(len(value))
    return float("nan") if value is None or isinstance(value, str) else float(value)

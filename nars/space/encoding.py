"""Codes as the features that a predictor sees.

Shapes: N candidates, K knobs, D features.
"""

import numpy as np
from numpy.typing import NDArray

from nars.space.knobs import Knob
from nars.space.layout import feature_layout

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def features(knobs: tuple[Knob, ...], codes_NK: Floats) -> Floats:
    """Features in [0, 1], ``N x D``.

    Unordered choices are one-hot (all zero while inactive); ordered ones are one number, their position between the
    lowest and the highest value (the middle while inactive). A knob with a single value has no feature.
    """
    columns = [_knob_features(knob, codes_NK[:, k]) for k, knob in enumerate(knobs)]
    return np.concatenate([np.empty((len(codes_NK), 0)), *columns], axis=1)


def architecture_features(knobs: tuple[Knob, ...]) -> Bools:
    """Which of the D features describe the architecture; the others describe the recipe."""
    is_architecture_K = np.array([knob.is_architecture for knob in knobs], dtype=np.bool_)
    return is_architecture_K[feature_layout(knobs).knob_D]


def _knob_features(knob: Knob, codes_N: Floats) -> Floats:
    size = knob.domain.size
    if size == 1:
        return np.empty((len(codes_N), 0))
    if knob.domain.ordered:
        positions_N = codes_N if size is None else codes_N / (size - 1)
        filled_N: Floats = np.nan_to_num(positions_N, nan=0.5)
        return filled_N[:, None]
    one_hot: Bools = codes_N[:, None] == np.arange(size or 0)
    return one_hot.astype(np.float64)

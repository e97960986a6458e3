"""From features to the columns that kernels measure distances in.

Shapes: N candidates, D features, C costs, E columns.
"""

import numpy as np
from numpy.typing import NDArray

from nars.space.layout import FeatureLayout

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

_SHARED_SPREAD = 0.25
"""Standard deviation of a shared column, near that of a position that is uniform on [-0.5, 0.5]."""


class Design:
    """The columns: one for each feature (own), and means over families of knobs and costs (shared).

    What a network is worth depends first on a few totals, such as its MACs, its depth over all stages or how often an
    operator occurs. As columns of their own they can be learnt from a dozen trainings.

    Attributes:
        own: Indices of the columns of single knobs.
        shared: Indices of the columns of families and costs.
        group_E: Columns of one group belong to one knob; each shared column is a group by itself.
    """

    def __init__(self, layout: FeatureLayout, *, num_costs: int = 0) -> None:
        """The design of a space's features, followed by ``num_costs`` costs (standardised logarithms)."""
        self._layout = layout
        self._num_costs = num_costs
        self._scale_D = np.where(layout.one_hot_D, np.sqrt(0.5), 1.0)  # two values of a choice are 1 apart
        self._means = [self._family(members) for members in layout.families]
        num_features = len(layout.knob_D)
        num_shared = sum(columns.shape[1] for columns in self._means) + num_costs
        self.own: Ints = np.arange(num_features)
        self.shared: Ints = num_features + np.arange(num_shared)
        knobs = np.unique(layout.knob_D, return_inverse=True)[1]
        self.group_E: Ints = np.concatenate([knobs, knobs.max(initial=-1) + 1 + np.arange(num_shared)]).astype(np.intp)

    @property
    def num_inputs(self) -> int:
        """D + C: what a row of ``columns``' argument holds."""
        return len(self._layout.knob_D) + self._num_costs

    @property
    def facts(self) -> dict[str, list[int] | list[list[int]] | int]:
        """What tells this design from others, as JSON holds it."""
        return {
            "knob_D": self._layout.knob_D.tolist(),
            "one_hot_D": self._layout.one_hot_D.astype(int).tolist(),
            "families": [list(members) for members in self._layout.families],
            "num_costs": self._num_costs,
        }

    def columns(self, x_ND: Floats) -> Floats:
        """The columns of features and costs, ``N x E``, each about 0."""
        num_features = len(self._layout.knob_D)
        own_ND = x_ND[:, :num_features]
        centered_ND = own_ND - 0.5
        shared = [centered_ND @ means_DF for means_DF in self._means]
        costs_NC = _SHARED_SPREAD * x_ND[:, num_features:]
        return np.concatenate([own_ND * self._scale_D - 0.5, *shared, costs_NC], axis=1)

    def _family(self, members: tuple[int, ...]) -> Floats:
        """The linear map from features to the family's means, one for each value of an unordered choice."""
        rows = [np.flatnonzero(self._layout.knob_D == member) for member in members]
        width = len(rows[0])
        means_DF = np.zeros((len(self._layout.knob_D), width))
        # Standard deviation of one value of a uniform choice, or of a uniform position.
        spread = np.sqrt((width - 1) / width**2) if width > 1 else np.sqrt(1 / 12)
        for columns in rows:
            means_DF[columns, np.arange(width)] = _SHARED_SPREAD / (spread * np.sqrt(len(members)))
        return means_DF

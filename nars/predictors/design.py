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
    """The columns: one for each feature (own), products of two in one place (pairs), means and costs (shared).

    What a network is worth depends first on a few totals, such as its MACs, its depth over all stages or how often an
    operator occurs. As columns of their own they can be learnt from a dozen trainings. Next come choices that act
    together, mostly those of one place: a stage's depth counts for more where its blocks are wide.

    Attributes:
        own: Indices of the columns of single knobs.
        pairs: Indices of the columns of products.
        shared: Indices of the columns of families and costs.
        knob_E: Columns of one knob have one number, each other column a number by itself.
        group_E: Columns of one group matter alike: those of one knob, and those that play one role in several places.
    """

    def __init__(self, layout: FeatureLayout, *, num_costs: int = 0) -> None:
        """The design of a space's features, followed by ``num_costs`` costs (standardised logarithms)."""
        self._layout = layout
        self._num_costs = num_costs
        self._scale_D = np.where(layout.one_hot_D, np.sqrt(0.5), 1.0)  # two values of a choice are 1 apart
        self._means = [self._family(members) for members in layout.families]
        self._pairs_2Q = self._products()
        num_features, num_pairs = len(layout.knob_D), self._pairs_2Q.shape[1]
        num_shared = sum(columns.shape[1] for columns in self._means) + num_costs
        self.own: Ints = np.arange(num_features)
        self.pairs: Ints = num_features + np.arange(num_pairs)
        self.shared: Ints = num_features + num_pairs + np.arange(num_shared)
        num_knobs = layout.knob_D.max(initial=-1) + 1
        self.knob_E: Ints = np.concatenate([layout.knob_D, num_knobs + np.arange(num_pairs + num_shared)])
        self.group_E: Ints = self._groups(num_shared)

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
            "places": [list(members) for members in self._layout.places],
            "num_costs": self._num_costs,
        }

    def columns(self, x_ND: Floats) -> Floats:
        """The columns of features and costs, ``N x E``, each about 0."""
        num_features = len(self._layout.knob_D)
        features_ND = x_ND[:, :num_features]
        own_ND = features_ND * self._scale_D - 0.5
        first_Q, second_Q = self._pairs_2Q
        pairs_NQ = 2 * own_ND[:, first_Q] * own_ND[:, second_Q] - 0.25 * (first_Q == second_Q)
        shared = [(features_ND - 0.5) @ means_DF for means_DF in self._means]
        costs_NC = _SHARED_SPREAD * x_ND[:, num_features:]
        return np.concatenate([own_ND, pairs_NQ, *shared, costs_NC], axis=1)

    def _products(self) -> Ints:
        """Pairs of features of one place, ``2 x Q``; also the square of each position there."""
        knob_D, one_hot_D = self._layout.knob_D, self._layout.one_hot_D
        pairs = []
        for members in self._layout.places:
            columns = np.flatnonzero(np.isin(knob_D, members)).tolist()
            for index, first in enumerate(columns):
                for second in columns[index:]:
                    if knob_D[first] != knob_D[second] or (first == second and not one_hot_D[first]):
                        pairs.append((first, second))
        return np.array(pairs, dtype=np.intp).reshape(-1, 2).T

    def _groups(self, num_shared: int) -> Ints:
        """The group of each column."""
        knob_D = self._layout.knob_D
        family_of = {member: number for number, family in enumerate(self._layout.families) for member in family}
        roles = [("family", family_of[k]) if k in family_of else ("knob", k) for k in knob_D.tolist()]
        # Of a family, one value of the choice in all places; of any other knob, all its values.
        value_D = np.arange(len(knob_D)) - np.searchsorted(knob_D, knob_D)
        in_family_D = np.isin(knob_D, list(family_of))
        names: list[object] = list(zip(roles, np.where(in_family_D, value_D, 0).tolist(), strict=True))
        names += [(roles[first], roles[second]) for first, second in self._pairs_2Q.T.tolist()]
        names += [("shared", number) for number in range(num_shared)]
        numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
        return np.array([numbers[name] for name in names], dtype=np.intp)

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
